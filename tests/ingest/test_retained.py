"""What a broker has retained is old: it is never taken as new, of any kind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lookout.bus.session import Session
from lookout.contract.wire import new_id
from lookout.embedded.child import Child
from lookout.host.settings import Broker
from lookout.store import keys
from tests.support.nodes import RecordingSource, node_settings, running_node, took
from tests.support.pictures import numbered_jpeg
from tests.support.stored import hashes
from tests.support.waiting import eventually


async def test_a_retained_picture_is_stored_once_however_often_ingest_starts(
    ingest: Child, hub: Session, client: Any
) -> None:
    await hub.publish("lookout/esp32/image", numbered_jpeg(1), retain=True)
    stored = await eventually(lambda: hashes(client))
    statuses = hub.subscribe("lookout/hub/ingest/status", retained=False)
    for number in range(2, 5):
        await ingest.stop(12)
        ingest.start()
        while (await anext(statuses)).payload != b"online":
            continue
        await hub.publish("lookout/esp32/image", numbered_jpeg(number))

        async def has_come(count: int = number) -> bool:
            return len(await hashes(client)) == count

        await eventually(has_come)
    assert stored.keys() <= (await hashes(client)).keys()
    assert await client.xlen(keys.IMAGES_STREAM) == 4


async def test_a_broker_that_does_not_say_that_it_is_retained_is_seen_through(
    ingest: Child, hub: Session, client: Any
) -> None:
    """The same bytes again, right after we subscribed: what a broker does that loses the flag."""
    await hub.publish("lookout/esp32/image", numbered_jpeg(1))
    stored = await eventually(lambda: hashes(client))
    statuses = hub.subscribe("lookout/hub/ingest/status", retained=False)
    await ingest.stop(12)
    ingest.start()
    while (await anext(statuses)).payload != b"online":
        continue
    await hub.publish("lookout/esp32/image", numbered_jpeg(1))
    await hub.publish("lookout/esp32/image", numbered_jpeg(2))

    async def the_second_came() -> bool:
        return numbered_jpeg(2) in {each[b"image_data"] for each in (await hashes(client)).values()}

    await eventually(the_second_came)
    assert stored.items() <= (await hashes(client)).items()
    assert len(await hashes(client)) == 2


async def test_a_retained_event_is_logged_once(
    service: Callable[..., Child], hub: Session, client: Any
) -> None:
    statuses = hub.subscribe("lookout/hub/events/status", retained=False)
    events = service("events")
    while (await anext(statuses)).payload != b"online":
        continue
    await hub.publish("lookout/garden/event/doorbell", b"{}", retain=True)

    async def logged() -> int:
        return len([key async for key in client.scan_iter(match=f"{keys.EVENT_PREFIX}*")])

    await eventually(logged)
    await events.stop(12)
    events.start()
    while (await anext(statuses)).payload != b"online":
        continue
    await hub.publish("lookout/garden/event/doorbell", b'{"name": "the second"}')

    async def two() -> bool:
        return await logged() == 2

    await eventually(two)


async def test_a_retained_command_is_not_obeyed_by_a_node_that_starts(
    hub: Session, mqtt_settings: Callable[[str], Broker], data: Path
) -> None:
    source = RecordingSource()
    settings = node_settings(mqtt_settings("garden"), data, capture={"interval": 3600})
    await hub.publish("lookout/garden/command/capture", b"PRESS", retain=True)
    results = hub.subscribe("lookout/garden/result/+", retained=False)
    async with running_node(settings, source):
        await took(source, 1)  # its first, by itself
        statuses = hub.subscribe("lookout/garden/info")
        await anext(statuses)
        identifier = new_id()
        payload = b'{"id": "%s"}' % identifier.encode()
        await hub.publish("lookout/garden/command/identify", payload)
        assert (await anext(results)).topic.endswith("/identify")
    assert len(source.taken) == 1
