"""Small frames from the source at a set rate, to whoever looks at them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import structlog

from lookout.bus.events import EventBus
from services.camera.capture.capturer import Capturer
from services.camera.settings.detect import Detect
from services.camera.sources import SourceError
from services.camera.sources.frames import FrameSource

if TYPE_CHECKING:
    from lookout.vision.frames import GreyFrame

logger = structlog.get_logger()

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds before a source that failed is asked again


class Watcher(Protocol):
    """One detector with what it does about what it sees."""

    enabled: bool

    async def look(self, frame: "GreyFrame", at: float) -> None:
        """Take the next frame, made at `at` seconds of the event loop's clock."""

    def rest(self) -> None:
        """No frames come for a while: let go of what is under way."""


@dataclass(slots=True)
class Feed:
    """Asks for a frame, shows it to each watcher that is on, and waits for the next one's time."""

    capturer: Capturer
    events: EventBus
    settings: Detect
    watchers: Sequence[Watcher]
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _failed: bool = False

    @property
    def possible(self) -> bool:
        """Whether the source gives frames at all."""
        return isinstance(self.capturer.source, FrameSource)

    @property
    def wanted(self) -> bool:
        return any(watcher.enabled for watcher in self.watchers)

    def changed(self) -> None:
        """A watcher was switched on or off."""
        for watcher in self.watchers:
            if not watcher.enabled:
                watcher.rest()
        self._changed.set()

    async def run(self) -> None:
        """Look until cancelled."""
        pause, clock = FIRST_PAUSE, asyncio.get_running_loop().time
        due = clock()
        while True:
            if not self.wanted or not self.possible:
                await self._until_wanted()
                due = clock()
            try:
                await self._look()
            except (SourceError, ImportError) as error:
                self._trouble(_reason(error))
                await asyncio.sleep(pause)
                pause, due = min(2 * pause, LONGEST_PAUSE), clock()
                continue
            pause = FIRST_PAUSE
            due = max(due + 1 / self.settings.rate, clock())  # what is late is not caught up
            await asyncio.sleep(due - clock())

    async def _until_wanted(self) -> None:
        if self.wanted:
            self._trouble(
                f"the source {self.capturer.source.model} gives no frames to look at: motion and "
                "light need picamera2, video, synthetic or another source that streams"
            )
        self._changed.clear()
        await self._changed.wait()

    async def _look(self) -> None:
        frame = await self.capturer.frame(*self.settings.size)
        at = asyncio.get_running_loop().time()
        for watcher in self.watchers:
            if watcher.enabled:
                await watcher.look(frame, at)
        if self._failed:
            self._failed = False
            logger.info("detectors see again")
            self.events.fire("detector_ok")

    def _trouble(self, reason: str) -> None:
        """Say it once."""
        for watcher in self.watchers:
            watcher.rest()
        if not self._failed:
            self._failed = True
            logger.error("detectors see nothing", reason=reason)
            self.events.fire("detector_failed", {"reason": reason})


def _reason(error: Exception) -> str:
    if isinstance(error, ImportError):
        return f"{error}: install what detectors need with `pip install 'lookout-hub[camera]'`"
    return str(error)
