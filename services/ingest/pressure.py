"""Says when Redis is nearly full or throws pictures out to make room, and when that is over."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from lookout.bus.events import EventBus
from lookout.contract.hub import IngestInfo
from lookout.store.client import Client
from lookout.store.memory import Memory, memory
from lookout.store.retention.rules import Retention
from services.ingest import metrics

logger = structlog.get_logger()

# Parts of the low mark, about which room-making leaves the memory: above, pressure; below, none.
NEAR, CALM = 0.95, 0.9
CHECK_SECONDS = 5.0


@dataclass(slots=True)
class Pressure:
    """Watches the server's memory; each change of state is one event, `storage_pressure`.

    The state itself is told by `tell`, at first and when it changes.
    """

    client: Client
    events: EventBus
    rules: Retention
    tell: Callable[[IngestInfo], None]
    high: bool = False
    _evicted: int | None = None
    _told: bool | None = None

    async def check(self) -> None:
        """Look once. Raises a StoreError."""
        now = await memory(self.client)
        # A restarted server counts from 0 again.
        evicted = max(0, now.evicted - self._evicted) if self._evicted is not None else 0
        self._evicted = now.evicted
        metrics.MEMORY_SHARE.set(now.share)
        metrics.EVICTED.inc(evicted)
        if not self.high and (now.share > self.rules.low_mark * NEAR or evicted):
            self._say(now, evicted, high=True)
        elif self.high and now.share < self.rules.low_mark * CALM and not evicted:
            self._say(now, 0, high=False)
        if self._told != self.high:
            self._told = self.high
            self.tell(IngestInfo(pressure=self.high))

    def _say(self, now: Memory, evicted: int, *, high: bool) -> None:
        self.high = high
        state = "high" if high else "normal"
        logger.warning("Redis' memory", state=state, used=now.used, limit=now.limit)
        self.events.fire(
            "storage_pressure",
            {"state": state, "used": now.used, "limit": now.limit, "evicted": evicted},
        )
