"""What a worker takes next, so that it is never more than a set time behind.

While the workers keep up, all is looked at, in small bites so that they share it. When the oldest
has waited for half the time, a worker reads on to the newest, keeps as many as it can do in the
other half, evenly spread, and lets go of the rest: counted, never silent.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from lookout.store.client import transient
from lookout.store.errors import StoreRefused
from lookout.store.groups import Entry, Group
from lookout.store.results import server_time
from services.analytics import metrics
from services.analytics.choice import newest_first, spread, stored_at
from services.analytics.settings import Analytics

logger = structlog.get_logger()

HOLD_SECONDS: Final = 1.0  # of work that a worker takes at once: what it holds, no other does
LARGEST_BITE: Final = 16
AT_ONCE: Final = 1_000  # entries in one read when it has to read on
WAIT: Final = 1_000  # milliseconds for new ones
CLAIMS: Final = 4  # looks for what others left, in each time that makes it left


@dataclass(slots=True)
class Inflow:
    """Gives a worker its next images."""

    group: Group
    limits: Analytics
    seconds: float = 0.3  # that an image takes, as measured
    _looked: float = field(default_factory=time.monotonic)

    def took(self, seconds: float) -> None:
        """An image took so long."""
        self.seconds += 0.2 * (seconds - self.seconds)

    async def next(self) -> list[Entry]:
        """Some images, or none for the moment; waits while Redis is away."""
        return await transient(self._next)

    async def _next(self) -> list[Entry]:
        try:
            return await self._left() or await self._new()
        except StoreRefused as error:
            if "NOGROUP" not in str(error):
                raise
            logger.warning("Redis came back empty: beginning anew")
            await self.group.join(from_start=True)
            return []

    async def _left(self) -> list[Entry]:
        """What another worker, or we before a restart, got and never finished.

        One at a time: if it is what killed the other, only it is blamed.
        """
        if time.monotonic() - self._looked < self.limits.idle / CLAIMS:
            return []
        found = await self.group.claim(1, idle=self.limits.idle)
        if not found:
            self._looked = time.monotonic()
            metrics.WAITING.set(await self.group.lag())
        return found

    async def _new(self) -> list[Entry]:
        bite = max(1, min(LARGEST_BITE, int(HOLD_SECONDS / max(self.seconds, 1e-3))))
        found = await self.group.read(bite, block=WAIT)
        if found and self.limits.max_behind and await self._is_late(found[0]):
            found = await self._read_on(found)
        return newest_first(found)

    async def _is_late(self, entry: Entry) -> bool:
        return await server_time(self.group.client) - stored_at(entry) > self.limits.max_behind / 2

    async def _read_on(self, found: list[Entry]) -> list[Entry]:
        while more := await self.group.read(AT_ONCE, block=1):
            found = await self._keep([*found, *more], AT_ONCE)
        oldest = await server_time(self.group.client) - self.limits.max_behind
        late = [entry for entry in found if stored_at(entry) < oldest]
        await self._let_go(late)
        # No longer than until others take for left what we hold.
        time_left = min(self.limits.max_behind, self.limits.idle) / 2
        return await self._keep(
            found[len(late) :], max(1, int(time_left / max(self.seconds, 1e-3)))
        )

    async def _keep(self, entries: Sequence[Entry], room: int) -> list[Entry]:
        kept, rest = spread(entries, room)
        await self._let_go(rest)
        return kept

    async def _let_go(self, entries: Sequence[Entry]) -> None:
        await self.group.done(entries)
        metrics.SKIPPED.labels("behind").inc(len(entries))
