"""The camera's settings: as asked for, and as last proved by a picture.

What hides something, the masks, is never taken back: it cannot break a camera, as the node draws
it. With masks the turning of the picture stays with them, or they would lie at another place.
"""

from dataclasses import dataclass, field

import structlog
from pydantic import JsonValue, ValidationError

from services.camera.knobs.state import State
from services.camera.settings import Camera

logger = structlog.get_logger()

ASKED, PROVEN, CONFIGURED = "camera", "proven_camera", "configured_masks"  # in the node's state
TURNS = ("rotation", "hflip", "vflip")


@dataclass(slots=True)
class Trial:
    """What the source is asked to do now, and what it last did."""

    configured: Camera
    state: State
    asked: Camera = field(init=False)
    proven: Camera = field(init=False)  # the last that produced a picture, else as configured
    masks_known: bool = field(init=False)

    def __post_init__(self) -> None:
        self.masks_known = self.state.damage is None
        self.asked = self._with(ASKED)
        self.proven = self._with(PROVEN)

    @property
    def pending(self) -> tuple[str, ...]:
        """The settings that no picture was taken with yet."""
        return tuple(sorted(_difference(self.proven, self.asked)))

    def ask(self, camera: Camera) -> None:
        """Use these from now on. The caller has the state written."""
        self.asked = camera
        self.state.keep(ASKED, _difference(self.configured, camera))
        self.state.keep(CONFIGURED, {"masks": self.configured.model_dump(mode="json")["masks"]})

    def prove(self) -> None:
        """A picture was taken as asked."""
        if self.proven != self.asked:
            self.proven = self.asked
            self.state.keep(PROVEN, _difference(self.configured, self.asked))

    @property
    def fallback(self) -> Camera | None:
        """What the last picture was taken with, behind the masks asked for since.

        None where that is what is asked for.
        """
        if self.proven == self.asked:
            return None
        held = ("masks", *TURNS) if self.asked.masks else ("masks",)
        back = self.proven.changed({name: getattr(self.asked, name) for name in held})
        return None if back == self.asked else back

    def changes_back_to(self, camera: Camera) -> dict[str, JsonValue]:
        """What these settings would drop of what is asked for, and what they would restore."""
        dropped = _difference(camera, self.asked)
        restored = {name: camera.model_dump(mode="json")[name] for name in dropped}
        return {"dropped": dropped, "restored": restored}

    def _with(self, part: str) -> Camera:
        """The configured settings with what was kept; masks hold where the rest no longer fits."""
        kept = self.state.kept(part)
        if self._configured_since():
            kept.pop("masks", None)
        try:
            return self.configured.changed(kept)
        except ValidationError as error:
            logger.warning("kept settings are not valid, using the configured", reason=str(error))
        private = {name: kept[name] for name in ("masks", *TURNS) if name in kept}
        try:
            return self.configured.changed(private)
        except ValidationError:
            self.masks_known = False
            return self.configured

    def _configured_since(self) -> bool:
        """Whether the configured masks were changed after `set` changed them: the last word."""
        then = self.state.kept(CONFIGURED).get("masks")
        return then is not None and then != self.configured.model_dump(mode="json")["masks"]


def _difference(before: Camera, after: Camera) -> dict[str, JsonValue]:
    """The settings of `after` that are not as in `before`."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    return {name: value for name, value in new.items() if value != old[name]}
