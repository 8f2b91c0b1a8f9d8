"""A wrong clock, the hub's or a node's, refuses nothing; what it dated is dated anew."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lookout.bus.session import Session
from lookout.contract.events import parse_event
from lookout.contract.hub import parse_receipt
from lookout.contract.images import ImageMeta
from lookout.embedded.child import Child
from lookout.store import keys
from tests.support.fake_clock import FakeClock
from tests.support.pictures import numbered_jpeg
from tests.support.stored import hashes
from tests.support.waiting import eventually

DAY = 86_400.0


class Node:
    """Publishes numbered pictures by a clock of its own, as a node does that has no spool."""

    def __init__(self, hub: Session, name: str = "garden", setting: str = "first") -> None:
        self.hub = hub
        self.name = name
        self.setting = setting
        self.sent: list[str] = []

    async def take(self, at: float, skew: float | None = None, **said: Any) -> str:
        """Publish a picture taken `at`, by its clock; its id."""
        identifier = f"{self.name}:{round(at * 1000)}"
        meta = ImageMeta(
            id=identifier, timestamp=round(at, 3), clock=self.setting, skew=skew, **said
        )
        jpeg = numbered_jpeg(len(self.sent), owner=self.name)
        await self.hub.publish(f"lookout/{self.name}/image", jpeg, properties=meta.to_properties())
        self.sent.append(identifier)
        return identifier


async def image(client: Any, identifier: str) -> dict[str, Any]:
    """The hash of an image, once it is there, without its bytes."""

    async def there() -> dict[str, Any]:
        found = await client.hgetall(keys.image(identifier))
        return {name.decode(): each.decode() for name, each in found.items() if len(each) < 100}

    return dict(await eventually(there))


async def none_waits(client: Any) -> bool:
    """Whether no image waits for a better date; told a moment after the last was dated."""
    return not await client.smembers(keys.UNDATED)


def close(said: str, expected: float, within: float = 5.0) -> bool:
    return abs(float(said) - expected) < within


@pytest.fixture
def clock(tmp_path: Path) -> FakeClock:
    return FakeClock(tmp_path / "hub.clock")


@pytest.fixture
async def wrong_ingest(
    service: Callable[..., Child], hub: Session, client: Any, clock: FakeClock
) -> Child:
    """An ingest service with a clock that the test sets."""
    statuses = hub.subscribe("lookout/hub/ingest/status")
    started = service("ingest", **clock.environment)
    while (await anext(statuses)).payload != b"online":
        continue
    # It has looked at the clock: one that is set before was always so.
    await eventually(lambda: client.exists(keys.CLOCK_RAN))
    return started


@pytest.mark.parametrize("ahead", [-3 * DAY, -3600.0, 400 * DAY])
async def test_a_hub_with_a_wrong_clock_takes_all_and_dates_them_well_when_it_is_mended(
    ahead: float, clock: FakeClock, wrong_ingest: Child, hub: Session, client: Any
) -> None:
    clock.set(ahead)
    node = Node(hub)
    real = time.time()
    taken = [await node.take(real + number, skew=-ahead) for number in range(5)]
    for number, identifier in enumerate(taken):
        found = await image(client, identifier)
        assert found["dated_by"] == "hub"
        assert close(found["timestamp"], real + number + ahead)
        assert close(found["node_time"], real + number, 0.01)
    assert not await client.xlen(keys.REJECTED_STREAM)

    clock.set(0)
    taken.append(await node.take(real + 5, skew=0.0))
    for number, identifier in enumerate(taken):

        async def dated_well(identifier: str = identifier, number: int = number) -> bool:
            found = await image(client, identifier)
            assert close(found["timestamp"], real + number, 0.01), found
            assert found.get("dated_by") == ("node" if number < 5 else None)
            return True

        await eventually(dated_well)
    assert len(await hashes(client)) == 6
    await eventually(lambda: none_waits(client))


async def test_a_node_that_was_set_back_with_the_hub_is_dated_well_when_both_are_mended(
    clock: FakeClock, wrong_ingest: Child, hub: Session, client: Any
) -> None:
    real = time.time()
    before = await Node(hub, setting="right").take(real, skew=0.0)
    await image(client, before)
    clock.set(-3600)
    node = Node(hub, setting="wrong")
    taken = [await node.take(real - 3600 + number, skew=0.0) for number in range(3)]
    for identifier in taken:
        assert (await image(client, identifier))["dated_by"] == "hub"
    clock.set(0)
    for number, identifier in enumerate(taken):

        async def dated_well(identifier: str = identifier, number: int = number) -> bool:
            found = await image(client, identifier)
            return close(found["timestamp"], real + number, 1)

        await eventually(dated_well)
    after = await Node(hub, setting="right").take(real + 5, skew=0.0)
    assert (await image(client, after)).get("dated_by") is None


async def test_a_sender_that_knows_nothing_of_clocks_is_dated_anew_when_ours_was_set(
    clock: FakeClock, wrong_ingest: Child, hub: Session, client: Any
) -> None:
    clock.set(-3 * DAY)
    await hub.publish("lookout/garden/image", numbered_jpeg(1))
    (key,) = await eventually(lambda: hashes(client))
    identifier = key.removeprefix(keys.IMAGE_PREFIX)
    assert close((await image(client, identifier))["timestamp"], time.time() - 3 * DAY)
    clock.set(0)

    async def dated_well() -> bool:
        found = await image(client, identifier)
        assert close(found["timestamp"], time.time(), 15), found
        node = await client.hgetall(keys.node("garden"))
        assert close(node[b"last_image_at"].decode(), time.time(), 15)
        return True

    await eventually(dated_well)


async def test_a_node_in_1970_is_dated_by_the_hub_and_named_in_the_receipt(
    wrong_ingest: Child, hub: Session, client: Any
) -> None:
    receipts = hub.subscribe("lookout/garden/stored")
    identifier = await Node(hub).take(63.0, age=12.0)
    receipt = parse_receipt((await anext(receipts)).payload)
    assert (receipt.ids, receipt.rejected) == ((identifier,), ())
    found = await image(client, identifier)
    assert close(found["timestamp"], time.time() - 12)
    assert (found["dated_by"], found["node_time"]) == ("hub", "63.000")
    assert not await client.xlen(keys.REJECTED_STREAM)


async def test_a_guess_stays_when_the_capture_is_sent_again_and_gives_way_to_knowledge(
    wrong_ingest: Child, hub: Session, client: Any
) -> None:
    node = Node(hub)
    identifier = await node.take(63.0, age=12.0)
    first = await image(client, identifier)
    await node.take(63.0)
    await node.take(64.0)
    await image(client, "garden:64000")
    assert (await image(client, identifier))["timestamp"] == first["timestamp"]
    before = time.time() - 1000
    await node.take(63.0, skew=63.0 - before)

    async def dated_better() -> bool:
        return close((await image(client, identifier))["timestamp"], before, 0.01)

    await eventually(dated_better)
    assert len(await hashes(client)) == 2


async def test_a_jump_of_the_hubs_clock_is_told_and_removes_nothing_until_it_ends(
    clock: FakeClock,
    wrong_ingest: Child,
    hub: Session,
    client: Any,
) -> None:
    events = hub.subscribe("lookout/hub/event/+")
    clock.set(400 * DAY)
    skew = await anext(events)
    assert skew.topic.endswith("/clock_skew")
    assert "forward" in str(parse_event(skew.payload, event_type="clock_skew").data["reason"])
    identifier = await Node(hub).take(time.time(), skew=-400 * DAY)
    await image(client, identifier)
    assert await client.ttl(keys.image(identifier)) > 30 * DAY
    clock.set(0)
    assert (await anext(events)).topic.endswith("/clock_ok")

    async def lives() -> bool:
        return bool(0 < await client.ttl(keys.image(identifier)) <= keys.IMAGE_TTL)

    await eventually(lives)

    async def none_waits() -> bool:
        return not await client.exists(keys.LIVES_LATER)

    await eventually(none_waits)
