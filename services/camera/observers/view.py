"""Tells once when the camera no longer sees properly, and once when it does again."""

import asyncio
from dataclasses import dataclass, field

import structlog

from lookout.bus.events import EventBus
from services.camera.capture.observer import Kept
from services.camera.observers.viewmeter import ViewMeter
from services.camera.settings import View

logger = structlog.get_logger()


@dataclass(slots=True)
class ViewWatch:
    """Looks at the newest capture; those that come faster than it can look are skipped."""

    settings: View
    events: EventBus
    _meter: ViewMeter = field(init=False)
    _newest: bytes | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _told: str | None = None  # the problem that was told and not cleared
    _seen: str | None = None  # what the last pictures in a row had
    _times: int = 0

    def __post_init__(self) -> None:
        self._meter = ViewMeter(self.settings)

    def show(self, kept: Kept) -> None:
        """Look at this one when its turn comes."""
        self._newest = kept.picture.jpeg
        self._changed.set()

    async def run(self) -> None:
        """Look at pictures until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            jpeg, self._newest = self._newest, None
            if jpeg is None:
                continue
            try:
                self._note(await asyncio.to_thread(self._meter.problem, jpeg))
            except OSError as error:
                logger.warning("a capture does not decode", reason=str(error))

    def _note(self, problem: str | None) -> None:
        self._times = self._times + 1 if problem == self._seen else 1
        self._seen = problem
        # "frozen" is many pictures by itself.
        if problem == self._told or (self._times < self.settings.after and problem != "frozen"):
            return
        before, self._told = self._told, problem
        if problem is None:
            self.events.fire("view_ok", {"problem": before})
        else:
            self.events.fire("view_problem", {"problem": problem})
