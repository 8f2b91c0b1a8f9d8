"""One node that fires without end: its own events are dropped, counted and told; no other's."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from lookout.bus.events import EventBus
from lookout.bus.session import Session
from lookout.bus.subscription import Message, Subscription
from lookout.contract.events import Event, parse_event
from lookout.contract.topics import Topics
from lookout.embedded.child import Child
from lookout.host.settings import Broker
from lookout.store import keys
from services.events.brokerdrops import CALM_SECONDS, BrokerDrops
from tests.support.waiting import eventually

FLOOD, OTHERS = 8_000, 100


@pytest.fixture
async def events(service: Callable[..., Child], hub: Session) -> Child:
    statuses = hub.subscribe("lookout/hub/events/status")
    started = service("events", {"lookout.bus.allowance.CALM_SECONDS": 1.0})
    while (await anext(statuses)).payload != b"online":
        continue
    return started


async def fire(session: Session, node: str, count: int) -> None:
    """Events at full speed, each acknowledged by the broker."""
    waiting: set[asyncio.Task[None]] = set()
    for number in range(count):
        body = json.dumps({"number": number})
        task = asyncio.create_task(session.publish(f"lookout/{node}/event/noise", body))
        waiting.add(task)
        if len(waiting) >= 200:
            _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.gather(*waiting)


async def stored(client: Any, node: str) -> int:
    count = 0
    async for key in client.scan_iter(match=f"{keys.EVENT_PREFIX}*", count=1000):
        node_of, kind = await client.hmget(key, "node", "event_type")
        count += (node_of, kind) == (node.encode(), b"noise")
    return count


@pytest.mark.timeout(180)
async def test_a_flood_of_one_node_costs_no_other_and_is_counted_and_told(
    events: Child, hub: Session, client: Any, mqtt_settings: Callable[[str], Broker], data: Path
) -> None:
    told = [hub.subscribe(f"lookout/garden/event/flood_{word}") for word in ("started", "ended")]
    drops = hub.subscribe("$SYS/broker/publish/messages/dropped")
    async with (
        Session(mqtt_settings("garden"), "garden") as garden,
        Session(mqtt_settings("barn"), "barn") as barn,
    ):
        await garden.connected()
        await barn.connected()
        flood = asyncio.create_task(fire(garden, "garden", FLOOD))
        for _ in range(OTHERS):
            await fire(barn, "barn", 1)
        await flood

    assert await eventually(lambda: all_of(client, "barn", OTHERS), 60)
    began, ended = [await one_event(each) for each in told]
    assert began.data["kind"] == ended.data["kind"] == "event"
    ends = [ended]

    async def all_counted() -> bool:
        # On a busy machine it may pause, and end more than once.
        ends.extend([await one_event(told[1]) for _ in range(len(told[1]))])
        dropped = sum(cast(int, each.data["dropped"]) for each in ends)
        return dropped + await stored(client, "garden") == FLOOD

    assert await eventually(all_counted, 30), "some were lost and not counted"
    assert all(message.payload == b"0" for message in drops.take_more(100))


async def all_of(client: Any, node: str, number: int) -> bool:
    return await stored(client, node) == number


async def one_event(told: Subscription) -> Event:
    message = await anext(told)
    return parse_event(message.payload, event_type=message.topic.rpartition("/")[2])


async def test_what_the_broker_drops_is_told_once_with_its_end(hub: Session) -> None:
    now = 0.0
    heard = hub.subscribe("lookout/hub/event/+")
    await hub.publish("lookout/hub/event/first", b"{}")
    await anext(heard)  # we are subscribed
    drops = BrokerDrops(EventBus(hub, Topics(), origin="hub"), lambda: now)
    for count in (b"7", b"7", b"9", b"59", b"what?"):
        await drops.handle(Message("$SYS/broker/publish/messages/dropped", count))
        await drops.look()
    await drops.handle(Message("$SYS/broker/publish/messages/dropped", b"59"))
    now = CALM_SECONDS
    await drops.look()
    await drops.look()
    began, ended = [await anext(heard) for _ in range(2)]
    assert began.topic.endswith("/messages_dropped")
    assert json.loads(began.payload)["data"] == {"count": 2}
    assert ended.topic.endswith("/messages_ok")
    assert json.loads(ended.payload)["data"] == {"count": 52}
