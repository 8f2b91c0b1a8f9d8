"""What a node fires is recorded, or counted as lost."""

import json
from collections.abc import Callable
from typing import Any

from lookout.bus.events import EventBus
from lookout.bus.session import Session
from lookout.contract.events import Event, parse_event
from lookout.contract.topics import Topics
from lookout.embedded.child import Child
from services.events.sequence import Sequence
from tests.support.waiting import eventually


def event(run: str | None, number: int | None, origin: str = "garden") -> Event:
    said: dict[str, object] = {
        "event_type": "noise",
        "data": {},
        "origin": origin,
        "run": run,
        "number": number,
    }
    return parse_event(json.dumps(said).encode(), event_type="noise")


async def test_gaps_are_counted_and_repeats_and_strangers_are_not(hub: Session) -> None:
    heard = hub.subscribe("lookout/garden/event/events_lost")
    sequence = Sequence(EventBus(hub, Topics(), origin="hub"))
    for run, number in (("a", 7), ("a", 8), ("a", 12), ("a", 9), ("a", 12), ("a", 13), ("b", 3)):
        sequence.heard("garden", event(run, number))
    sequence.heard("garden", event(None, None))
    sequence.heard("garden", event("c", 99, origin="barn"))
    await sequence.look()
    await sequence.look()
    message = await anext(heard)
    assert json.loads(message.payload)["data"] == {"count": 3 + 2}
    assert len(heard) == 0


async def test_the_hub_fires_for_many_nodes_in_several_processes(hub: Session) -> None:
    heard = hub.subscribe("lookout/hub/event/events_lost")
    sequence = Sequence(EventBus(hub, Topics(), origin="hub"))
    for node, run, number in (
        *(("hub", "events", 7), ("garden", "events", 8), ("hub", "ingest", 3)),
        *(("barn", "events", 9), ("garden", "ingest", 4), ("hub", "events", 12)),
    ):
        sequence.heard(node, event(run, number, origin="hub"))
    await sequence.look()
    assert json.loads((await anext(heard)).payload)["data"] == {"count": 2}


async def test_what_is_lost_while_nobody_listens_counts_too(
    service: Callable[..., Child], hub: Session, client: Any
) -> None:
    heard = hub.subscribe("lookout/garden/event/events_lost")
    statuses = hub.subscribe("lookout/hub/events/status")
    first = service("events")
    while (await anext(statuses)).payload != b"online":
        continue
    bus = EventBus(hub, Topics(), origin="garden")
    bus.fire("noise")
    await eventually(lambda: client.hexists("node:garden", "fired"))
    await first.stop()
    bus._number += 7  # dropped by the broker, whose queue for the service was full
    bus.fire("noise")
    service("events", {"services.events.service.LOST_SECONDS": 0.2})
    assert json.loads((await anext(heard)).payload)["data"] == {"count": 7}


async def test_a_node_whose_outbox_overflowed_is_told_of(
    service: Callable[..., Child], hub: Session
) -> None:
    heard = hub.subscribe("lookout/garden/event/events_lost")
    statuses = hub.subscribe("lookout/hub/events/status")
    service("events", {"services.events.service.LOST_SECONDS": 0.2})
    while (await anext(statuses)).payload != b"online":
        continue
    bus = EventBus(hub, Topics(), origin="garden")
    bus.fire("noise")
    bus._number += 5  # dropped in the outbox
    bus.fire("noise")
    await eventually(lambda: len(heard))
    assert json.loads((await anext(heard)).payload)["data"] == {"count": 5}
