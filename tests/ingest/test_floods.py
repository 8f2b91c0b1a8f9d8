"""Readings or images of one node without end cost no other node's."""

import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, cast

from lookout.bus.session import Session
from lookout.bus.subscription import Subscription
from lookout.contract.events import parse_event
from lookout.contract.hub import parse_receipt
from lookout.embedded.child import Child
from lookout.store import keys
from tests.support.pictures import numbered_jpeg
from tests.support.stored import hashes
from tests.support.waiting import eventually

FLOOD, BURST = 400, 100
FEW = 10


async def test_of_too_many_images_those_of_a_spool_are_put_off_and_others_told_as_dropped(
    service: Callable[..., Child], hub: Session, client: Any
) -> None:
    receipts = hub.subscribe("lookout/garden/stored")
    over = hub.subscribe("lookout/+/event/flood_ended")
    statuses = hub.subscribe("lookout/hub/ingest/status")
    start(service, IMAGES_RATE="10", IMAGES_BURST=str(FEW))
    while (await anext(statuses)).payload != b"online":
        continue
    first = round(time.time() * 1000) - 10_000
    pictures = {
        f"garden:{first + number}": numbered_jpeg(number, owner="garden")
        for number in range(3 * FEW)
    }
    for identifier, jpeg in pictures.items():
        await hub.publish("lookout/garden/image", jpeg, properties={"id": identifier})
    for number in range(3 * FEW):
        await hub.publish("lookout/esp32/image", numbered_jpeg(number, owner="esp32"))
    await hub.publish("lookout/barn/image", numbered_jpeg(1, owner="barn"))

    await eventually(lambda: stored_of(client, "barn"))
    left, put_off = set(pictures), 0
    while left:  # as a node does: it keeps what is not stored, and sends it again
        stored, later = await confirmed(receipts, left)
        left, put_off = left - stored, put_off + len(later)
        for identifier in later:
            await hub.publish(
                "lookout/garden/image", pictures[identifier], properties={"id": identifier}
            )
    dropped = 3 * FEW - await eventually(lambda: stored_of(client, "esp32"))
    told = await told_of(over, {"garden put_off": put_off, "esp32 dropped": dropped})
    assert told == {"garden put_off": put_off, "esp32 dropped": dropped}
    assert put_off > 0 < dropped


async def told_of(over: Subscription, wanted: dict[str, int]) -> dict[str, int]:
    """What the ends of floods say, until that is as much as is wanted.

    On a busy machine one flood may be told of as several.
    """
    told: Counter[str] = Counter()
    while any(told[name] < number for name, number in wanted.items()):
        message = await anext(over)
        data = parse_event(message.payload, event_type="flood_ended").data
        for name in ("dropped", "put_off"):
            told[f"{message.topic.split('/')[1]} {name}"] += cast(int, data.get(name, 0))
    return dict(+told)


async def confirmed(receipts: Subscription, wanted: set[str]) -> tuple[set[str], list[str]]:
    """Of some receipts what is stored, and what is to be sent again."""
    stored: set[str] = set()
    later: list[str] = []
    for message in [await anext(receipts), *receipts.take_more(100)]:
        receipt = parse_receipt(message.payload)
        assert not receipt.rejected
        stored |= wanted & set(receipt.ids)
        later += [each.id for each in receipt.later]
    return stored, later


async def stored_of(client: Any, node: str) -> int:
    return sum(key.startswith(f"image:{node}:") for key in await hashes(client))


async def test_what_is_too_much_is_dropped_counted_and_told(
    service: Callable[..., Child], hub: Session, client: Any
) -> None:
    over = hub.subscribe("lookout/+/event/flood_ended")
    statuses = hub.subscribe("lookout/hub/ingest/status")
    start(service, READINGS_RATE="1", READINGS_BURST=str(BURST))
    while (await anext(statuses)).payload != b"online":
        continue
    now = time.time()
    for number in range(FLOOD):
        body = json.dumps({"timestamp": now - number, "lux": number})
        await hub.publish("lookout/garden/reading", body)
    await hub.publish("lookout/barn/reading", b'{"lux": 1}')
    await eventually(lambda: number_of(client, "barn"))
    stored = await number_of(client, "garden")
    assert BURST <= stored < FLOOD
    assert await told_of(over, {"garden dropped": FLOOD - stored}) == {
        "garden dropped": FLOOD - stored
    }


def start(service: Callable[..., Child], **limits: str) -> None:
    environment = {f"LOOKOUT_INGEST__{name}": value for name, value in limits.items()}
    service("ingest", {"lookout.bus.allowance.CALM_SECONDS": 0.5}, **environment)


async def number_of(client: Any, node: str) -> int:
    found = [key async for key in client.scan_iter(f"{keys.READING_PREFIX}{node}:*", count=1000)]
    return len(found)
