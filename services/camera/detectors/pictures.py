"""The pictures around motion: before it from a ring of JPEGs, at its start, during and after."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from lookout.contract.wire import Context
from services.camera.capture.capturer import Capturer
from services.camera.settings.detect import MotionPictures as Wanted
from services.camera.sources import Picture, SourceError

TRIGGER = "motion"


@dataclass(slots=True)
class Motion:
    """Motion from its start to its end, with the contexts of both events."""

    start: Context
    end: Context | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)


class MotionPictures:
    """Takes them in a task of its own, so that looking goes on meanwhile."""

    def __init__(self, capturer: Capturer, wanted: Wanted) -> None:
        self._capturer = capturer
        self._wanted = wanted
        self._ring: deque[Picture] = deque(maxlen=wanted.before)
        self._now: Motion | None = None
        self._next: Motion | None = None  # whose turn comes when the pictures under way are taken
        self._begun = asyncio.Event()

    def started(self, context: Context) -> None:
        """Something moves; `context` is the event's."""
        self._now = self._next = Motion(context)
        self._begun.set()

    def ended(self, context: Context) -> None:
        """Nothing moves any more."""
        if self._now is not None:
            self._now.end = context
            self._now.over.set()

    async def run(self, watching: Callable[[], bool]) -> None:
        """Take pictures until cancelled; into the ring only while `watching`."""
        while True:
            while self._next is None:
                await self._remember(watching())
            motion, self._next = self._next, None
            await self._around(motion)

    async def _remember(self, watching: bool) -> None:
        """Take one picture into the ring, and wait for the next one's time or for motion."""
        if not watching:
            self._ring.clear()
        elif self._wanted.before:
            with suppress(SourceError):  # told by an event
                self._ring.append(await self._capturer.take(TRIGGER))
        if self._next is None:
            self._begun.clear()
            await _wait(self._begun, self._wanted.before_interval if self._wanted.before else None)

    async def _around(self, motion: Motion) -> None:
        if self._wanted.start:
            await self._capture(motion.start)
        while self._ring:
            await self._capturer.keep(self._ring.popleft(), TRIGGER, cause=motion.start)
        while not await _wait(motion.over, self._wanted.during or None):
            await self._capture(motion.start)
        for number in range(self._wanted.after):
            if number:
                await asyncio.sleep(self._wanted.after_interval)
            await self._capture(motion.end or motion.start)

    async def _capture(self, cause: Context) -> None:
        with suppress(SourceError):  # told by an event
            await self._capturer.capture(TRIGGER, cause=cause)


async def _wait(event: asyncio.Event, seconds: float | None) -> bool:
    """Wait that long (for ever without a number); whether the event came."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
