"""Motion: events when it starts and ends in a region, and pictures around them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import JsonValue

from lookout.bus.events import EventBus
from lookout.contract.wire import Context
from services.camera.detectors.pictures import MotionPictures
from services.camera.settings.detect import Motion

if TYPE_CHECKING:
    from lookout.vision.frames import GreyFrame
    from lookout.vision.motion import MotionDetector, Seen


@dataclass(slots=True)
class Moving:
    """Motion under way in one region."""

    since: float
    peak: float
    context: Context


class MotionWatcher:
    """Looks at each region by itself."""

    def __init__(
        self,
        settings: Motion,
        events: EventBus,
        pictures: MotionPictures,
        changed: Callable[[], None],
        *,
        enabled: bool,
    ) -> None:
        self.enabled = enabled
        self._settings = settings
        self._events = events
        self._pictures = pictures
        self._changed = changed  # called when something begins or ends to move
        self._detectors: list[MotionDetector] = []
        self._moving: dict[str, Moving] = {}

    @property
    def moving(self) -> tuple[str, ...]:
        """The regions in which something moves now."""
        return tuple(sorted(self._moving))

    async def look(self, frame: "GreyFrame", at: float) -> None:
        """Take the next frame."""
        if not self._detectors:
            self._detectors = self._make()
        for seen in await asyncio.to_thread(self._update, frame, at):
            if self.enabled:  # else it was switched off meanwhile
                self._take(seen, at)

    def rest(self) -> None:
        """Start over with the next frame; motion still under way is told as ended."""
        self._detectors = []
        now = asyncio.get_running_loop().time()
        for region in list(self._moving):
            self._ended(region, now)

    def _make(self) -> "list[MotionDetector]":
        from lookout.vision.motion import MotionDetector

        regions = self._settings.regions or (None,)
        return [MotionDetector(self._settings, region) for region in regions]

    def _update(self, frame: "GreyFrame", at: float) -> "list[Seen]":
        return [detector.update(frame, at) for detector in self._detectors]

    def _take(self, seen: "Seen", at: float) -> None:
        if seen.changed and seen.on:
            self._started(seen, at)
        elif seen.changed and seen.region in self._moving:  # else `rest` has said so already
            self._ended(seen.region, at)
        elif seen.region in self._moving:
            moving = self._moving[seen.region]
            moving.peak = max(moving.peak, seen.score)
            if seen.moving:
                self._pictures.seen(_told(seen))

    def _started(self, seen: "Seen", at: float) -> None:
        told, is_first = _told(seen), not self._moving
        before = self._pictures.before() if is_first else {}
        event = self._events.fire("motion_started", {**told, **before})
        if is_first:
            self._pictures.started(event.context, told)
        self._moving[seen.region] = Moving(at, seen.score, event.context)
        self._changed()

    def _ended(self, region: str, at: float) -> None:
        moving = self._moving.pop(region)
        self._changed()
        event = self._events.fire(
            "motion_ended",
            {
                "region": region,
                "score": round(moving.peak, 2),
                "duration": round(at - moving.since, 2),
            },
            cause=moving.context,
        )
        if not self._moving:
            self._pictures.ended(event.context)


def _told(seen: "Seen") -> dict[str, JsonValue]:
    """Where and how much it moves: the box in per cent of the picture, the score in per cent."""
    box: list[JsonValue] = [round(value, 1) for value in seen.box]
    return {"region": seen.region, "score": round(seen.score, 2), "box": box}
