"""Which pictures are taken around a motion: before it, at its start, while it lasts, after it."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog
from pydantic import JsonValue

from lookout.contract.images import image_id
from lookout.contract.wire import Context
from lookout.host.tasks import Crew
from services.camera.capture.capturer import Capturer, Taken
from services.camera.detectors.shutter import TRIGGER, Motion, Shutter
from services.camera.settings.detect import MotionPictures as Wanted
from services.camera.sources import SourceError

logger = structlog.get_logger()

MOST_MOTIONS: Final = 50  # whose pictures are still being taken, at one time
IDLE_SECONDS: Final = 1.0  # between two looks whether there is something to remember


@dataclass(slots=True, eq=False)
class Remembered:
    """A picture in memory, and whether a motion had it kept."""

    taken: Taken
    is_kept: bool = False


class MotionPictures:
    """Each motion has a task of its own; the shutter takes what they ask for."""

    def __init__(self, capturer: Capturer, wanted: Wanted) -> None:
        self._capturer = capturer
        self._wanted = wanted
        self._shutter = Shutter(capturer)
        self._ring: deque[Remembered] = deque(maxlen=wanted.before)
        self._since: float | None = None  # on the event loop's clock: when the ring was begun
        self._gap = "motion was not looked for"  # why the ring is not full
        self._now: Motion | None = None
        self._tasks: deque[asyncio.Task[None]] = deque()
        self._crew: Crew | None = None

    def before(self) -> dict[str, JsonValue]:
        """The pictures from before a motion that starts now, for its event."""
        if not self._wanted.before:
            return {}
        ids: list[JsonValue] = [
            image_id(self._capturer.node, each.taken.milliseconds) for each in self._usable()
        ]
        told: dict[str, JsonValue] = {"before": ids}
        if len(ids) < self._wanted.before:
            told["before_missing"] = f"{len(ids)} of {self._wanted.before}: {self._reason()}"
        return told

    def started(self, context: Context, seen: dict[str, JsonValue]) -> None:
        """Something moves; `context` is the event's, `seen` its region, score and box."""
        motion = self._now = Motion(context, seen)
        if self._crew is None:
            return
        if self._wanted.start:
            self._shutter.want(motion, "start")  # first of all: it is the one that is in a hurry
        self._shutter.under_way.append(motion)
        for each in self._usable():
            if not each.is_kept:
                each.is_kept = True
                self._shutter.keep(each.taken, motion, "before")
        self._follow(motion, self._crew)

    def seen(self, seen: dict[str, JsonValue]) -> None:
        """It still moves."""
        if self._now is not None:
            self._now.seen = seen

    def ended(self, context: Context) -> None:
        """Nothing moves any more."""
        motion, self._now = self._now, None
        if motion is not None:
            motion.end = context
            with suppress(ValueError):  # it began before we did
                self._shutter.under_way.remove(motion)
            motion.over.set()

    async def run(self, watching: Callable[[], bool]) -> None:
        """Take pictures until cancelled; into memory only while `watching`."""
        async with Crew() as crew:
            self._crew = crew
            crew.start(self._shutter.run(), "motion shutter")
            if self._wanted.before:
                crew.start(self._remember(watching), "pictures before motion")

    def _follow(self, motion: Motion, crew: Crew) -> None:
        task = crew.start(self._during_and_after(motion), "pictures of a motion")
        self._tasks.append(task)
        task.add_done_callback(self._tasks.remove)
        if len(self._tasks) > MOST_MOTIONS:
            logger.error("too many motions: the oldest gets no more pictures", most=MOST_MOTIONS)
            self._tasks[0].cancel()

    async def _during_and_after(self, motion: Motion) -> None:
        while not await _wait(motion.over, self._wanted.during or None):
            self._shutter.want(motion, "during")
        for number in range(self._wanted.after):
            if number:
                await asyncio.sleep(self._wanted.after_interval)
            self._shutter.want(motion, "after")

    # -- before ------------------------------------------------------------------------------

    def _usable(self) -> list[Remembered]:
        views = self._capturer.knobs.views  # none from before a change of the masks
        return [each for each in self._ring if each.taken.views == views]

    def _reason(self) -> str:
        if self._since is None:
            return self._gap
        seconds = asyncio.get_running_loop().time() - self._since
        return f"{self._gap} until {seconds:.1f} s before"

    async def _remember(self, watching: Callable[[], bool]) -> None:
        """Take a picture into memory at each interval, from a fixed start."""
        clock = asyncio.get_running_loop().time
        due = clock()
        while True:
            if watching():
                await self._take()
                due = max(due + self._wanted.before_interval, clock())
            else:
                self._forget("motion was not looked for")
                due = clock() + min(IDLE_SECONDS, self._wanted.before_interval)
            await asyncio.sleep(due - clock())

    async def _take(self) -> None:
        try:
            taken = await self._capturer.take(TRIGGER)
        except SourceError as error:  # told by an event
            self._forget(f"the camera gave none ({error})")
            return
        if self._since is None:
            self._since = asyncio.get_running_loop().time()
        self._ring.append(Remembered(taken))

    def _forget(self, why: str) -> None:
        """What is older than a gap is no picture from right before."""
        self._ring.clear()
        self._since, self._gap = None, why


async def _wait(event: asyncio.Event, seconds: float | None) -> bool:
    """Wait that long (for ever without a number); whether the event came."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
