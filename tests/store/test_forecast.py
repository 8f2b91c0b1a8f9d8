"""A dry run names the very images that the rules then remove."""

import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from lookout.host.settings import Redis as RedisSettings
from lookout.store.client import Client, opened
from lookout.store.index import ensure_indexes
from lookout.store.memory import Memory
from lookout.store.retention import forecast as forecasts
from lookout.store.retention import keeping, room
from lookout.store.retention.forecast import Forecast, Rule, forecast
from lookout.store.retention.rules import Retention
from services.ingest.caps import Caps
from services.ingest.make_room import counted_room
from services.ingest.thinning import Thinning
from tests.support.many import left, stored
from tests.support.waiting import eventually

DAY = 86_400
NODES = {"garden": 300, "barn": 90, "gate": 20}


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Client]:
    """Images every ten seconds until a moment ago, and some two days ago; one of each is kept."""
    async with opened(RedisSettings(url=redis_url)) as redis:
        await ensure_indexes(redis)
        now = time.time()
        for node, number in NODES.items():
            young = [now - 10 * each for each in range(1, number)]
            old = [now - 2 * DAY - 10 * each for each in range(50)]
            ids = await stored(redis, node, [*old, *young], size=1000)
            await keeping.keep(redis, ids[0])
            await keeping.keep(redis, ids[-1])
        yield redis


def named(found: Forecast, rule: Rule) -> set[str]:
    return {victim.id for victims in found[rule].values() for victim in victims}


async def all_left(client: Client) -> set[str]:
    return {each for node in NODES for each in await left(client, node)}


async def dry(client: Client, rules: Retention, **more: Any) -> Forecast:
    return await forecast(client, rules, now=time.time(), within=1.0, **more)


@pytest.mark.parametrize(
    ("rules", "over"),
    [
        ({"cap_images": 100}, {"garden": 247, "barn": 37}),
        ({"cap_bytes": 50_000}, {"garden": 297, "barn": 87, "gate": 17}),
        ({"cap_images": 100, "node_cap_images": {"garden": 0}}, {"barn": 37}),
    ],
)
async def test_a_cap_removes_what_it_was_said_to(
    client: Client, rules: dict[str, Any], over: Mapping[str, int]
) -> None:
    said = await dry(client, Retention(**rules))
    before = await all_left(client)
    assert {node: len(victims) for node, victims in said["cap"].items()} == over
    await Caps(client, Retention(**rules)).enforce()
    assert before - await all_left(client) == named(said, "cap")


async def test_thinning_removes_what_it_was_said_to(client: Client) -> None:
    rules = Retention.model_validate({"thin": "1d:1m"})
    said = await dry(client, rules)
    before = await all_left(client)
    assert len(named(said, "thin")) > 100
    await Thinning(client, rules).work()
    assert before - await all_left(client) == named(said, "thin")


async def test_making_room_removes_what_it_was_said_to(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nearly_full(_: Client) -> Memory:
        return Memory(used=900_000, limit=1_000_000, evicted=0)

    monkeypatch.setattr(room, "memory", nearly_full)
    monkeypatch.setattr(forecasts, "memory", nearly_full)
    said = await dry(client, Retention())
    before = await all_left(client)
    # Of 100 kB, in pictures of 1,000 bytes: each is counted with what it needs besides.
    (node,) = said["room"]
    assert (node, 40 < len(said["room"][node]) < 100) == ("garden", True)
    await counted_room(client, Retention()).make(0)
    assert before - await all_left(client) == named(said, "room")


async def test_more_may_be_asked_to_be_freed_and_then_the_largest_shrink_alike(
    client: Client,
) -> None:
    said = await dry(client, Retention(), free=600_000)
    gone = {node: len(victims) for node, victims in said["room"].items()}
    assert gone.keys() == {"garden", "barn"}
    assert 240 < sum(gone.values()) < 600
    assert (gone["garden"] - gone["barn"]) == pytest.approx(NODES["garden"] - NODES["barn"], abs=2)


async def test_what_is_said_to_expire_expires(client: Client) -> None:
    soon = await stored(client, "gate", [1.0, 2.0], ttl=1)
    said = await dry(client, Retention())
    before = await all_left(client)
    assert named(said, "expire") == set(soon)

    async def gone() -> bool:
        return before - await all_left(client) == set(soon)

    await eventually(gone)


async def test_without_rules_and_with_room_nothing_goes(client: Client) -> None:
    said = await dry(client, Retention())
    assert not any(said.values())
