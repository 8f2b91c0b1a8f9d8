"""What the broker itself drops, because the queue of some client is full: told, and counted.

It is the only loss that nobody else sees: the sender has its acknowledgement already.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from lookout.bus.events import EventBus
from lookout.bus.subscription import Message
from services.events import metrics

logger = structlog.get_logger()

# Mosquitto's own count since its start, told when it changes (mosquitto(8), "Broker status").
TOPIC: Final = "$SYS/broker/publish/messages/dropped"
CALM_SECONDS: Final = 30.0  # without a drop until it is over; the count comes each ten
LOOK_SECONDS: Final = 5.0


@dataclass(slots=True)
class BrokerDrops:
    """Follows the broker's count; one event when it begins to grow, one when that is over."""

    bus: EventBus
    clock: Callable[[], float] = time.monotonic
    _count: int | None = None
    _before: int = 0
    _last: float | None = None  # when it last grew, while it does

    async def handle(self, message: Message) -> None:
        """Take one count; what was dropped before our start is not news."""
        if not message.payload.isdigit():
            return
        count = int(message.payload)
        before, self._count = self._count, count
        if before is None or count <= before:  # less: the broker was started again
            return
        metrics.BROKER_DROPPED.inc(count - before)
        if self._last is None:
            self._before = before
            logger.warning("the broker drops messages: a client's queue is full")
            self.bus.fire("messages_dropped", {"count": count - before})
        self._last = self.clock()

    async def look(self) -> None:
        """Tell when it is over."""
        if self._last is None or self.clock() - self._last < CALM_SECONDS:
            return
        self._last = None
        lost = max(0, (self._count or 0) - self._before)
        logger.info("the broker drops no more messages", count=lost)
        self.bus.fire("messages_ok", {"count": lost})
