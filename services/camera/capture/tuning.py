"""The camera's settings while it runs: changed by `set`, kept, and taken back when they fail."""

from dataclasses import dataclass, field

import structlog
from pydantic import JsonValue, ValidationError

from services.camera.settings import Camera
from services.camera.state import State

logger = structlog.get_logger()


@dataclass(slots=True)
class Tuning:
    """What the source shall do now, and what it last did."""

    configured: Camera
    state: State
    current: Camera = field(init=False)
    proven: Camera = field(init=False)  # the last that produced a picture, else as configured

    def __post_init__(self) -> None:
        self.current = self._with("camera")
        self.proven = self._with("proven_camera")

    def change(self, camera: Camera) -> None:
        """Use these from now on. The caller saves the state."""
        self.current = camera
        self.state.keep("camera", _difference(self.configured, camera))

    def prove(self) -> None:
        """A picture was taken with the current settings."""
        if self.proven != self.current:
            self.proven = self.current
            self.state.keep("proven_camera", _difference(self.configured, self.current))

    def roll_back(self) -> dict[str, JsonValue] | None:
        """Return to what produced a picture: what is dropped and what is restored, if anything."""
        if self.proven == self.current:
            return None
        dropped = _difference(self.proven, self.current)
        restored = {name: self.proven.model_dump(mode="json")[name] for name in dropped}
        self.change(self.proven)
        return {"dropped": dropped, "restored": restored}

    def _with(self, part: str) -> Camera:
        kept = self.state.kept(part)
        try:
            return self.configured.changed(kept)
        except ValidationError as error:
            logger.warning("kept settings are not valid, using the configured", reason=str(error))
            return self.configured


def _difference(before: Camera, after: Camera) -> dict[str, JsonValue]:
    """The settings of `after` that are not as in `before`."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    return {name: value for name, value in new.items() if value != old[name]}
