"""Whatever dies, every capture is in Redis exactly once, with its own capture time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lookout.embedded.child import Child
from lookout.host.settings import Broker
from tests.support.nodes import RecordingSource, node_settings, running_node, took
from tests.support.servers import BrokerServer, StoreServer
from tests.support.stored import RECOVERY, all_is_stored, nothing_lost_nothing_doubled
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(180)
Settings = Callable[[str], Broker]
Start = Callable[..., Child]


async def test_a_healthy_hub_confirms_and_the_spool_empties(
    mqtt_settings: Settings, data: Path, service: Start, client: Any
) -> None:
    service("ingest")
    source = RecordingSource()
    settings = node_settings(mqtt_settings("garden"), data)
    async with running_node(settings, source):
        await took(source, 20)
        await all_is_stored(client, source)
        await eventually(lambda: not spooled(settings.spool_path), RECOVERY)


@pytest.mark.own_servers
@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_the_broker_goes_away_and_comes_back(
    end: str,
    broker: BrokerServer,
    mqtt_settings: Settings,
    data: Path,
    service: Start,
    client: Any,
) -> None:
    service("ingest")
    source = RecordingSource()
    async with running_node(node_settings(mqtt_settings("garden"), data), source):
        await took(source, 5)
        await getattr(broker, end)()
        await took(source, 20)  # into the spool
        await broker.start()
        await took(source, 5)
        await all_is_stored(client, source)


async def test_ingest_is_killed_in_a_burst(
    mqtt_settings: Settings, data: Path, service: Start, client: Any
) -> None:
    ingest = service("ingest")
    source = RecordingSource(padding=50_000)
    settings = node_settings(mqtt_settings("garden"), data, capture={"interval": 0.02})
    async with running_node(settings, source):
        for _ in range(3):
            await took(source, 20)
            await ingest.kill()
            await took(source, 10)
            ingest.start()
        await took(source, 10)
        await all_is_stored(client, source)


@pytest.mark.own_servers
async def test_redis_is_killed_and_comes_back_on_its_append_only_file(
    redis_server: StoreServer,
    mqtt_settings: Settings,
    data: Path,
    service: Start,
    client: Any,
) -> None:
    service("ingest")
    source = RecordingSource()
    settings = node_settings(mqtt_settings("garden"), data, capture={"interval": 0.03})
    async with running_node(settings, source):
        for _ in range(2):
            await took(source, 15)
            await redis_server.kill()
            await took(source, 10)
            await redis_server.start()
        await took(source, 10)
        await all_is_stored(client, source)


@pytest.mark.own_servers
async def test_the_node_goes_and_comes_back_with_what_it_had_spooled(
    broker: BrokerServer, mqtt_settings: Settings, data: Path, service: Start, client: Any
) -> None:
    service("ingest")
    await broker.stop()
    source = RecordingSource()
    settings = node_settings(mqtt_settings("garden"), data)
    async with running_node(settings, source):
        await took(source, 10)
    # The last one may still be on its way to the disk, by a thread that nobody waits for here.
    await eventually(lambda: len(spooled(settings.spool_path)) == len(source.taken))
    source.failing = "the camera is not there any more"
    await broker.start()
    async with running_node(settings, source):
        await eventually(lambda: nothing_lost_nothing_doubled(client, source), RECOVERY)


async def test_a_hub_that_was_never_there_gets_everything_when_it_comes(
    mqtt_settings: Settings, data: Path, service: Start, client: Any
) -> None:
    source = RecordingSource()
    async with running_node(node_settings(mqtt_settings("garden"), data), source):
        await took(source, 10)  # published to nobody
        service("ingest")
        await took(source, 3)
        await all_is_stored(client, source)


@pytest.mark.own_servers
async def test_the_spool_empties_only_after_redis_is_back(
    redis_server: StoreServer, mqtt_settings: Settings, data: Path, service: Start, client: Any
) -> None:
    service("ingest")
    source = RecordingSource()
    settings = node_settings(mqtt_settings("garden"), data)
    async with running_node(settings, source):
        await took(source, 3)
        await redis_server.kill()
        await took(source, 5)
        assert len(spooled(settings.spool_path)) >= 5
        await redis_server.start()
        await all_is_stored(client, source)
        await eventually(lambda: not spooled(settings.spool_path), RECOVERY)


def spooled(folder: Path) -> list[Path]:
    return list(folder.glob("*.capture"))
