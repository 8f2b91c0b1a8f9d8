"""Every event to a searchable hash and to the daily log, each once."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from lookout.bus.intake import Received
from lookout.contract.events import Event
from lookout.contract.limits import EARLIEST, FARTHEST_CLOCK
from lookout.contract.topics import HUB
from lookout.contract.wire import now
from lookout.store.client import transient
from lookout.store.events import Events, NewEvent
from lookout.store.nodes import Nodes
from services.events import metrics
from services.events.dailylog import DailyLog
from services.events.describe import describe, searchable

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Recorder:
    """Takes events from the bus to the log; `recorded` hears of each that is new."""

    events: Events
    nodes: Nodes
    log: DailyLog
    ttl: int
    recorded: Callable[[str, Event], None] = lambda node, event: None

    async def handle(self, received: Received) -> None:
        """Record one event. Raises a StoreError when Redis refuses it for good."""
        node, topic = received.address.node, received.message.topic
        await transient(lambda: self._record(node, received.model, topic), _ignore)

    async def _record(self, node: str, event: Event, topic: str) -> None:
        new = _new_event(node, event, topic, now())
        if await self.events.exists(new.ulid):
            metrics.REPEATED.inc()  # delivered again after a reconnect
            return
        await asyncio.to_thread(self._log, new, event)
        await self.events.store(new, ttl=self.ttl)
        if HUB not in {node, event.origin}:
            await self.nodes.seen(node, now())
        metrics.LOGGED.labels(event.event_type).inc()
        self.recorded(node, event)

    def _log(self, new: NewEvent, event: Event) -> None:
        text = describe(event)
        if new.timestamp != event.timestamp:
            text = f"node_time={event.timestamp:.3f} {text}"
        try:
            self.log.write(new.timestamp, new.node, event.event_type, text)
        except OSError as error:  # a full disk must not keep the event from Redis
            metrics.UNWRITTEN.inc()
            logger.error("the daily log is not written", reason=str(error))


def _new_event(node: str, event: Event, topic: str, received_at: float) -> NewEvent:
    data = dict(event.data)
    timestamp = event.timestamp
    if not EARLIEST <= timestamp <= received_at + FARTHEST_CLOCK:
        # No clock that is right says this: both times are kept, ours is the one to go by.
        data["node_time"], timestamp = timestamp, received_at
    return NewEvent(
        ulid=event.ulid(topic),
        event_type=event.event_type,
        node=node,
        timestamp=timestamp,
        context_id=event.context.id,
        parent_id=event.context.parent_id,
        data=json.dumps(data, separators=(",", ":")),
        text=searchable(event, node),
    )


def _ignore(_: bool) -> None:
    """The store says itself when it waits; nothing more to tell."""
