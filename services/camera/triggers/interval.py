"""When pictures are taken without being asked: at a fixed interval."""

import asyncio
import time

from services.camera.capture.capturer import Capturer
from services.camera.sources import SourceError
from services.camera.triggers.times import Sun


class Interval:
    """Captures every `interval` seconds, from a fixed start, so that no drift adds up."""

    def __init__(self, capturer: Capturer, sun: Sun | None = None) -> None:
        self._capturer = capturer
        self._sun = sun  # needed for `only` day or night
        self._changed = asyncio.Event()

    def changed(self, names: frozenset[str]) -> None:
        """Some settings were changed."""
        if "interval" in names:
            self._changed.set()

    async def run(self) -> None:
        """Capture until cancelled. The first picture is taken at once."""
        trigger, due = "start", _clock()
        while True:
            interval = self._capturer.knobs.capture.interval
            if await self._changed_before(due if interval else None):
                due = _clock() + self._capturer.knobs.capture.interval
                continue
            await self._capture(trigger)
            trigger, due = "interval", _following(due, interval)

    def _is_wanted(self) -> bool:
        only = self._capturer.knobs.capture.only
        if only == "always" or self._sun is None:
            return True
        return self._sun.is_day(time.time()) == (only == "day")

    async def _capture(self, trigger: str) -> None:
        if not self._is_wanted():
            return
        try:
            await self._capturer.capture(trigger)
        except SourceError:
            return  # told by an event; the next one is due soon

    async def _changed_before(self, due: float | None) -> bool:
        """Wait until `due` (for ever without one); True when the interval was changed meanwhile."""
        try:
            async with asyncio.timeout_at(due):
                await self._changed.wait()
        except TimeoutError:
            return False
        self._changed.clear()
        return True


def _following(due: float, interval: float) -> float:
    """The next time on the grid that is not past; what was missed is not caught up."""
    now = _clock()
    missed = max(0, int((now - due) // interval))
    return due + interval * (missed + 1)


def _clock() -> float:
    return asyncio.get_running_loop().time()
