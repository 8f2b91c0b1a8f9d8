"""The node's presets: which there are, and what each sets."""

from typing import Any

from services.camera.settings import CameraSettings, Capture, Control
from services.camera.settings.presets import STANDARD


class Presets:
    """A preset sets what it names, and all that only others name as it is configured.

    So it does not matter which one was chosen before.
    """

    def __init__(self, settings: CameraSettings) -> None:
        self._presets = settings.presets
        touched = {key for preset in self._presets.values() for key in preset}
        configured = said(settings.camera, settings.capture, motion=settings.detect.motion.enabled)
        self._configured = {key: configured[key] for key in touched}

    @property
    def names(self) -> tuple[str, ...]:
        """None where no preset is configured."""
        named = tuple(self._presets)
        return (STANDARD, *named) if named else ()

    def values(self, name: str) -> dict[str, Any]:
        """What `set` is to be told. Raises KeyError."""
        return self._configured | ({} if name == STANDARD else self._presets[name])

    def chosen(self, now: dict[str, Any]) -> str | None:
        """The preset whose values hold now, whoever set them; None where none's do."""
        for name in self.names:
            if all(now[key] == value for key, value in self.values(name).items()):
                return name
        return None


def said(control: Control, capture: Capture, *, motion: bool) -> dict[str, Any]:
    """All that `set` can change, by name, as JSON has it."""
    own = set(Control.model_fields)
    told = {**capture.model_dump(mode="json"), **control.model_dump(mode="json", include=own)}
    return {**told, "motion": motion}
