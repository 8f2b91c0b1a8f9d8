"""Captures that were lost: told at once, and while more are lost in sums, at growing pauses."""

import asyncio
from dataclasses import dataclass
from typing import Final

from lookout.bus.events import EventBus

FIRST_PAUSE, LONGEST_PAUSE = 10.0, 3600.0  # seconds; each is twice the one before
LOOK_SECONDS: Final = 1.0


@dataclass(slots=True)
class Losses:
    """Fires `spool_dropped`. A full spool would else fire one for each new picture."""

    events: EventBus
    _count: int = 0  # not told yet
    _reason: str = ""  # of the last one
    _pause: float = FIRST_PAUSE
    _told_at: float = -float("inf")  # on the event loop's clock

    def note(self, count: int, reason: str) -> None:
        """So many were lost."""
        self._count += count
        self._reason = reason
        self._tell_when_due()

    async def run(self) -> None:
        """Tell the sums until cancelled, and the last one then."""
        try:
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                self._tell_when_due()
        finally:
            self._tell()

    def _tell_when_due(self) -> None:
        quiet = _clock() - self._told_at
        if self._count and quiet >= self._pause:
            # As often as losses come: after a quiet time the next one is told at once again.
            longer = min(2 * self._pause, LONGEST_PAUSE)
            self._pause = longer if quiet < 2 * self._pause else FIRST_PAUSE
            self._tell()

    def _tell(self) -> None:
        count, self._count = self._count, 0
        if count:
            self._told_at = _clock()
            self.events.fire("spool_dropped", {"count": count, "reason": self._reason})


def _clock() -> float:
    return asyncio.get_running_loop().time()
