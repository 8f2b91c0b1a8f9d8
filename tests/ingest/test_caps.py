"""Each node is held to its cap: the oldest go, kept ones neither go nor count."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from lookout.bus.session import Session
from lookout.embedded.child import Child
from lookout.store.client import Client
from lookout.store.images import Images
from lookout.store.index import ensure_indexes
from lookout.store.retention.rules import Retention
from services.ingest.caps import Caps
from tests.support.many import left, stored
from tests.support.pictures import numbered_jpeg
from tests.support.waiting import eventually

NOW = 1_795_000_000.0


@pytest.fixture
async def indexed(client: Client) -> Client:
    await ensure_indexes(client)
    return client


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"cap_images": 30}, {"garden": 30, "barn": 30}),
        ({"cap_bytes": 200}, {"garden": 20, "barn": 20}),
        ({"cap_images": 30, "cap_bytes": 200}, {"garden": 20, "barn": 20}),
        ({"cap_images": 30, "node_cap_images": {"barn": 0}}, {"garden": 30, "barn": 40}),
        ({"node_cap_bytes": {"barn": 100}}, {"garden": 40, "barn": 10}),
        ({"cap_images": 100}, {"garden": 40, "barn": 40}),
        ({}, {"garden": 40, "barn": 40}),
    ],
)
async def test_what_is_over_the_cap_goes_the_oldest_first(
    indexed: Client, rules: dict[str, Any], expected: dict[str, int]
) -> None:
    ids = {
        node: await stored(indexed, node, [NOW + number for number in range(40)])
        for node in expected
    }
    await Caps(indexed, Retention(**rules)).enforce()
    for node, number in expected.items():
        assert await left(indexed, node) == set(ids[node][-number:])


async def test_what_was_taken_first_goes_first_also_when_it_came_last(indexed: Client) -> None:
    young = await stored(indexed, "garden", [NOW + number for number in range(20)])
    caps = Caps(indexed, Retention(cap_images=25))
    await caps.enforce()
    late = await stored(indexed, "garden", [NOW - 30 + number for number in range(20)])
    await caps.enforce()
    assert await left(indexed, "garden") == {*young, *late[-5:]}


async def test_kept_images_stay_and_take_no_room_from_others(indexed: Client) -> None:
    ids = await stored(indexed, "garden", [NOW + number for number in range(40)])
    for identifier in ids[:10]:
        await Images(indexed).keep(identifier)
    await Caps(indexed, Retention(cap_images=20)).enforce()
    assert await left(indexed, "garden") == set(ids[:10] + ids[-20:])


async def test_it_looks_again_only_at_who_has_stored_more(indexed: Client) -> None:
    ids = await stored(indexed, "garden", [NOW + number for number in range(5)])
    caps = Caps(indexed, Retention(cap_images=5))
    await caps.enforce()
    asked = (await indexed.info("commandstats"))["cmdstat_FT.AGGREGATE"]["calls"]
    await caps.enforce()
    assert (await indexed.info("commandstats"))["cmdstat_FT.AGGREGATE"]["calls"] == asked
    more = await stored(indexed, "garden", [NOW + 10])
    await caps.enforce()
    assert await left(indexed, "garden") == set(ids[1:] + more)


async def test_workers_that_look_at_once_remove_no_more_than_one_would(indexed: Client) -> None:
    ids = await stored(indexed, "garden", [NOW + number for number in range(1_500)])
    workers = [Caps(indexed, Retention(cap_images=100)) for _ in range(3)]
    await asyncio.gather(*(worker.enforce() for worker in workers))
    assert await left(indexed, "garden") == set(ids[-100:])


async def test_what_is_not_on_disk_yet_is_not_removed(
    indexed: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_disk = False

    async def settled(_: Client) -> bool:
        return on_disk

    monkeypatch.setattr("services.ingest.caps.is_settled", settled)
    ids = await stored(indexed, "garden", [NOW + number for number in range(5)])
    caps = Caps(indexed, Retention(cap_images=2))
    await caps.enforce()
    assert await left(indexed, "garden") == set(ids)
    on_disk = True
    await caps.enforce()
    assert await left(indexed, "garden") == set(ids[-2:])


async def test_the_service_does_it_by_itself(
    service: Callable[..., Child], hub: Session, client: Client
) -> None:
    statuses = hub.subscribe("lookout/hub/ingest/status")
    often = {"services.ingest.upkeep.CAP_SECONDS": 0.2}
    service("ingest", often, LOOKOUT_RETENTION__NODE_CAP_IMAGES="garden=10")
    while (await anext(statuses)).payload != b"online":
        continue
    first = round(time.time() * 1000)
    for number in range(25):
        properties = {"id": f"garden:{first + number}"}
        await hub.publish("lookout/garden/image", numbered_jpeg(number), properties=properties)
    newest = {f"garden:{first + number}" for number in range(15, 25)}

    async def only_the_newest() -> bool:
        return await left(client, "garden") == newest

    await eventually(only_the_newest)
