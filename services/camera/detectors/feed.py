"""Small frames from the source at a set rate, to whoever looks at them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from lookout.bus.events import EventBus
from lookout.host.pauses import Pauses
from services.camera.capture.device import Device
from services.camera.knobs import Knobs
from services.camera.outage import Outage
from services.camera.settings.detect import Detect
from services.camera.sources import SourceError

if TYPE_CHECKING:
    from lookout.vision.frames import GreyFrame

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

    device: Device
    knobs: Knobs
    events: EventBus
    settings: Detect
    watchers: Sequence[Watcher]
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _outage: Outage = field(init=False)

    def __post_init__(self) -> None:
        self._outage = Outage(self.events, "detector_failed", "detector_ok")

    @property
    def possible(self) -> bool:
        """Whether the source gives frames at all."""
        return self.device.gives_frames

    @property
    def wanted(self) -> bool:
        """Whether somebody looks, and there is leave to."""
        return self.knobs.hidden is None and any(watcher.enabled for watcher in self.watchers)

    def changed(self) -> None:
        """A watcher was switched on or off, or captures were."""
        for watcher in self.watchers:
            if not watcher.enabled or self.knobs.hidden:
                watcher.rest()
        self._changed.set()

    async def run(self) -> None:
        """Look until cancelled."""
        pauses, clock = Pauses(FIRST_PAUSE, LONGEST_PAUSE), asyncio.get_running_loop().time
        due = clock()
        while True:
            if not self.wanted or not self.possible:
                await self._until_wanted()
                due = clock()
            try:
                await self._look()
            except SourceError as error:
                if self.knobs.hidden:
                    continue  # it was said meanwhile that nothing may be seen
                self._trouble(str(error))
                await asyncio.sleep(pauses.next())
                due = clock()
                continue
            pauses.reset()
            due = max(due + 1 / self.settings.rate, clock())  # what is late is not caught up
            await asyncio.sleep(due - clock())

    async def _until_wanted(self) -> None:
        if self.wanted:
            self._trouble(
                f"the source {self.device.model} gives no frames to look at: motion and "
                "light need picamera2, video, synthetic or another source that streams"
            )
        self._changed.clear()
        await self._changed.wait()

    async def _look(self) -> None:
        frame = await self.device.frame(*self.settings.size)
        at = asyncio.get_running_loop().time()
        for watcher in self.watchers:
            if watcher.enabled:
                await watcher.look(frame, at)
        self._outage.worked()

    def _trouble(self, reason: str) -> None:
        """Nothing is seen now."""
        for watcher in self.watchers:
            watcher.rest()
        self._outage.failed(reason)
