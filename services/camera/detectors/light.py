"""Light: an event when a region becomes lighted or dark."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from lookout.bus.events import EventBus
from services.camera.settings.detect import Light

if TYPE_CHECKING:
    from lookout.vision.frames import GreyFrame
    from lookout.vision.light import Light as Seen
    from lookout.vision.light import LightDetector


class LightWatcher:
    """Looks at each region by itself."""

    def __init__(self, settings: Light, events: EventBus, changed: Callable[[], None]) -> None:
        self.enabled = settings.enabled
        self.lighted: tuple[str, ...] | None = None  # regions; None before the first frame
        self._settings = settings
        self._events = events
        self._changed = changed  # called when `lighted` is another
        self._detectors: list[LightDetector] = []

    async def look(self, frame: "GreyFrame", at: float) -> None:
        """Take the next frame."""
        if not self._detectors:
            self._detectors = self._make()
        all_seen = [detector.update(frame, at) for detector in self._detectors]
        for seen in all_seen:
            if seen.changed:
                self._tell(seen)
        lighted = tuple(seen.region for seen in all_seen if seen.lighted)
        if lighted != self.lighted:
            self.lighted = lighted
            self._changed()

    def _tell(self, seen: "Seen") -> None:
        self._events.fire(
            "light_changed",
            {
                "region": seen.region,
                "state": "lighted" if seen.lighted else "dark",
                "level": round(seen.level, 1),
                "percent": round(seen.percent, 1),
            },
        )

    def rest(self) -> None:
        """Nothing is under way; what was lighted before a pause is compared with what is after."""

    def _make(self) -> "list[LightDetector]":
        from lookout.vision.light import LightDetector

        regions = self._settings.regions or (None,)
        return [LightDetector(self._settings, region) for region in regions]
