"""What looks at small frames of the source: motion and light, each a file."""

from collections.abc import Callable, Coroutine
from typing import Any

from lookout.bus.events import EventBus
from services.camera.capture.capturer import Capturer
from services.camera.detectors.feed import Feed
from services.camera.detectors.light import LightWatcher
from services.camera.detectors.motion import MotionWatcher
from services.camera.detectors.pictures import MotionPictures
from services.camera.settings.detect import Detect

__all__ = ["Detectors"]


class Detectors:
    """The detectors of a node, wired together."""

    def __init__(
        self,
        settings: Detect,
        capturer: Capturer,
        events: EventBus,
        changed: Callable[[], None],
    ) -> None:
        self._knobs = knobs = capturer.knobs
        self._pictures = MotionPictures(capturer, settings.motion.pictures)
        self._motion = MotionWatcher(
            settings.motion, events, self._pictures, changed, enabled=knobs.motion
        )
        self._light = LightWatcher(settings.light, events, changed)
        watchers = (self._motion, self._light)
        self._feed = Feed(capturer.device, knobs, events, settings, watchers)
        knobs.tell(self._knobs_changed)

    @property
    def possible(self) -> bool:
        """Whether the source gives frames to look at."""
        return self._feed.possible

    @property
    def moving(self) -> tuple[str, ...]:
        """The regions in which something moves now."""
        return self._motion.moving

    @property
    def light(self) -> bool:
        """Whether lighted and dark are told apart."""
        return self._light.enabled

    @property
    def lighted(self) -> tuple[str, ...] | None:
        """The regions that are lighted now; None while that is not known."""
        return self._light.lighted

    def _knobs_changed(self, names: frozenset[str]) -> None:
        if not names.isdisjoint({"motion", "enabled"}):
            self._motion.enabled = self._knobs.motion
            self._feed.changed()

    def _takes_pictures(self) -> bool:
        return self._motion.enabled and self._knobs.hidden is None

    def work(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What must run, by task name."""
        return {
            "detectors": self._feed.run(),
            "motion pictures": self._pictures.run(self._takes_pictures),
        }
