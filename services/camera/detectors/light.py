"""Light: an event when a region becomes lighted or dark."""

from typing import TYPE_CHECKING

from lookout.bus.events import EventBus
from services.camera.settings.detect import Light

if TYPE_CHECKING:
    from lookout.vision.frames import GreyFrame
    from lookout.vision.light import LightDetector


class LightWatcher:
    """Looks at each region by itself."""

    def __init__(self, settings: Light, events: EventBus) -> None:
        self.enabled = settings.enabled
        self._settings = settings
        self._events = events
        self._detectors: list[LightDetector] = []

    async def look(self, frame: "GreyFrame", at: float) -> None:
        """Take the next frame."""
        if not self._detectors:
            self._detectors = self._make()
        for detector in self._detectors:
            seen = detector.update(frame, at)
            if seen.changed:
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
