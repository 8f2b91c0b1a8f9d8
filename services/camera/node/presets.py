"""The node's presets: which there are, what each sets, and which one is in force."""

from dataclasses import dataclass
from typing import Any

from services.camera.capture.capturer import Capturer
from services.camera.detectors import Detectors
from services.camera.settings import CameraSettings, Capture, Control
from services.camera.settings.presets import STANDARD


@dataclass(frozen=True, slots=True)
class Presets:
    """A preset sets what it names, and all that only others name as it is configured.

    So it does not matter which one was chosen before.
    """

    settings: CameraSettings
    capturer: Capturer
    detectors: Detectors

    @property
    def names(self) -> tuple[str, ...]:
        """None where no preset is configured."""
        named = tuple(self.settings.presets)
        return (STANDARD, *named) if named else ()

    def values(self, name: str) -> dict[str, Any]:
        """What `set` is to be told. Raises KeyError."""
        own = {} if name == STANDARD else self.settings.presets[name]
        touched = {key for preset in self.settings.presets.values() for key in preset}
        configured = self._told(self.settings.camera, self.settings.capture)
        configured["motion"] = self.settings.detect.motion.enabled
        return {key: configured[key] for key in touched} | own

    @property
    def chosen(self) -> str | None:
        """The preset whose values hold now, whoever set them; None where none's do."""
        now = self.as_set()
        for name in self.names:
            if all(now[key] == value for key, value in self.values(name).items()):
                return name
        return None

    def as_set(self) -> dict[str, Any]:
        """All that `set` can change, as it is."""
        told = self._told(self.capturer.tuning.current, self.capturer.settings)
        return {**told, "motion": self.detectors.motion}

    @staticmethod
    def _told(control: Control, capture: Capture) -> dict[str, Any]:
        own = set(Control.model_fields)
        return {**capture.model_dump(mode="json"), **control.model_dump(mode="json", include=own)}
