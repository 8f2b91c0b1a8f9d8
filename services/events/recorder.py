"""Events to searchable hashes and to the daily log, each once, all that wait in one write."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic import JsonValue

from lookout.bus.allowance import Allowances
from lookout.bus.floods import Floods
from lookout.bus.intake import Intake, Received
from lookout.bus.subscription import Message, Subscription
from lookout.contract.events import Event
from lookout.contract.limits import EARLIEST, FARTHEST_CLOCK
from lookout.contract.topics import HUB
from lookout.contract.wire import now
from lookout.host import progress
from lookout.host.outage import Outage
from lookout.store.client import transient
from lookout.store.events import Events, NewEvent
from lookout.store.retention.room import Room
from services.events import metrics
from services.events.dailylog import DailyLog, Line
from services.events.describe import describe, searchable
from services.events.sequence import Sequence as Numbers

NEEDED: Final = 1_500  # bytes of an event in Redis besides its data, index included


@dataclass(frozen=True, slots=True)
class _Found:
    """An event that came, and as it will be stored."""

    node: str
    event: Event
    new: NewEvent


@dataclass(frozen=True, slots=True)
class Recorder:
    """Takes events from the bus to the log; `recorded` hears of each that is new."""

    intake: Intake
    events: Events
    log: DailyLog
    floods: Floods
    of_hub: Allowances  # for what the hub itself says of a node, whatever that node fires
    sequence: Numbers
    room: Room
    ttl: int
    routine_ttl: int
    batch: int
    recorded: Callable[[str, Event], None] = lambda node, event: None
    fire: Callable[[str, dict[str, JsonValue]], object] = lambda event_type, data: None
    _disk: Outage = field(default_factory=lambda: Outage("the daily log"))

    async def take(self, subscription: Subscription) -> None:
        """Record events as they come, for ever."""
        with progress.watched("events") as work:
            while True:
                work.rest()
                message = await anext(subscription)
                work.beat()
                batch = [message, *subscription.take_more(self.batch - 1)]
                await self.intake.fenced(batch, self.handle)

    async def handle(self, messages: Sequence[Message]) -> None:
        """Record a few. Raises BadMessage, or a StoreError when Redis refuses them for good."""
        received = [self.intake.decoded(message) for message in messages if message.payload]
        if unknown := self.sequence.unknown(each.address.node for each in received):
            self.sequence.recall(await transient(lambda: self.events.fired(unknown)))
        admitted = filter(None, map(self._admitted, received))
        found = {each.new.ulid: each for each in admitted}
        if found:
            await transient(lambda: self._record(list(found.values())))

    def _admitted(self, received: Received) -> _Found | None:
        """An event as it will be stored; None where its node fires more than it may."""
        node, event, message = received.address.node, received.model, received.message
        self.sequence.heard(node, event)
        by_hub = HUB in {node, event.origin}
        if not (self.of_hub.take if by_hub else self.floods.allows)(node, len(message.payload)):
            return None
        return _Found(node, event, _new_event(received, now()))

    async def _record(self, found: Sequence[_Found]) -> None:
        known = await self.events.known([each.new.ulid for each in found])
        metrics.REPEATED.inc(len(known))  # delivered again after a reconnect
        fresh = [each for each in found if each.new.ulid not in known]
        if not fresh:
            return
        self._tell(await asyncio.to_thread(self._log, fresh))
        await self.room.make(sum(len(each.new.data) + NEEDED for each in fresh))
        heard = {each.node: now() for each in fresh if HUB not in {each.node, each.event.origin}}
        await self.events.store_all(
            [each.new for each in fresh],
            ttl=self.ttl,
            routine_ttl=self.routine_ttl,
            seen=heard,
            fired=self.sequence.last(heard),
        )
        for each in fresh:
            metrics.LOGGED.labels(each.event.event_type).inc()
            self.recorded(each.node, each.event)

    def _tell(self, trouble: str) -> None:
        """Say once that the log's disk takes nothing, and once that it does again."""
        if trouble and self._disk.down(trouble):
            self.fire("log_failed", {"reason": trouble})
        elif not trouble and self._disk.up():
            self.fire("log_ok", {})

    def _log(self, fresh: Sequence[_Found]) -> str:
        """Why the disk does not take it; empty where it does."""
        lines = [_line(each) for each in fresh]
        try:
            self.log.write(lines)
        except OSError as error:  # a full disk must not keep the events from Redis
            metrics.UNWRITTEN.inc(len(lines))
            return str(error)
        return ""


def _line(found: _Found) -> Line:
    event, at = found.event, found.new.timestamp
    words = describe(event)
    if at != event.timestamp:
        words = f"node_time={event.timestamp:.3f} {words}"
    return Line(at, found.node, event.event_type, words)


def _new_event(received: Received, received_at: float) -> NewEvent:
    event: Event = received.model
    node, data, timestamp = received.address.node, dict(event.data), event.timestamp
    if not EARLIEST <= timestamp <= received_at + FARTHEST_CLOCK:
        # No clock that is right says this: both times are kept, ours is the one to go by.
        data["node_time"], timestamp = timestamp, received_at
    return NewEvent(
        ulid=event.ulid(received.message.topic),
        event_type=event.event_type,
        node=node,
        timestamp=timestamp,
        context_id=event.context.id,
        parent_id=event.context.parent_id,
        data=json.dumps(data, separators=(",", ":")),
        text=searchable(event, node),
    )
