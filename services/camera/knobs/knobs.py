"""Each thing that `set` and `live` can change: its value, where it is kept, how it is applied."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

import structlog
from pydantic import JsonValue, ValidationError

from lookout.contract.errors import explain
from lookout.errors import LookoutError
from services.camera.knobs.presets import Presets, said
from services.camera.knobs.state import State
from services.camera.knobs.trial import TURNS, Trial
from services.camera.settings import Camera, CameraSettings, Capture, Control

logger = structlog.get_logger()

CAPTURE, CONFIGURED, UNKNOWN = "capture", "configured_capture", "unknown"  # in the node's state
MOTION, LIVE, SHOWN = "motion", "live", "shown"
AGAIN_SECONDS = 5.0  # until a disk that refused is asked again
SEEN = ("masks", *TURNS)  # what decides about what may be seen
Changed = Callable[[frozenset[str]], None]
UseCamera = Callable[[Camera], Awaitable[None]]


class BadChange(LookoutError):
    """It cannot be set so, and nothing was changed; the message is for a person."""


class NotKept(LookoutError):
    """It is in force, and would be lost by a restart; the message is for a person."""


class Knobs:
    """The values in force. Who uses one reads it here when it is needed, and is told of changes."""

    def __init__(self, settings: CameraSettings, state: State) -> None:
        self.state = state
        self.trial = Trial(settings.camera, state)
        self.presets = Presets(settings)
        self.motion = state.switch(MOTION, settings.detect.motion.enabled)
        self.live = state.switch(LIVE, settings.live.enabled)
        self.views = 0  # how often it was changed what may be seen
        self.unknown = set(state.kept(UNKNOWN))
        if not self.trial.masks_known:
            self.unknown.add("masks")
        self.capture = self._kept_capture(settings.capture)
        self._keep_unknown()
        self._has_place = settings.triggers.place is not None
        self._changing = asyncio.Lock()
        self._told: list[Changed] = []
        self._use_camera: UseCamera = self._just_ask
        self._rest: Callable[[], Awaitable[None]] = _nothing
        self._tell_proved: Callable[[], None] = _nobody

    @property
    def camera(self) -> Camera:
        """The camera's settings as last asked for."""
        return self.trial.asked

    @property
    def hidden(self) -> str | None:
        """Why no picture may be taken now, for a person; None while they may."""
        if self.unknown:
            names = " and ".join(sorted(self.unknown))
            return (
                f"No picture leaves this node: its kept settings are damaged "
                f"({self.state.damage or 'not valid'}), so it is not known what was asked for "
                f"last. Set {names} (masks may be an empty list)."
            )
        if not self.capture.enabled:
            return "Captures are switched off here: set enabled to true."
        return None

    @property
    def pending(self) -> tuple[str, ...]:
        """The settings that no picture has proved yet."""
        return self.trial.pending

    @property
    def values(self) -> dict[str, Any]:
        """All that `set` can change, as it is."""
        return said(self.camera, self.capture, motion=self.motion)

    @property
    def preset(self) -> str | None:
        """The preset whose values hold now; None where none's do."""
        return self.presets.chosen(self.values)

    def used_by(self, use_camera: UseCamera, rest: Callable[[], Awaitable[None]]) -> None:
        """Who makes the camera use settings, and calls `ask` then; and who gives it a rest."""
        self._use_camera, self._rest = use_camera, rest

    def when_proved(self, tell: Callable[[], None]) -> None:
        """Have this called when nothing is pending any more."""
        self._tell_proved = tell

    def prove(self) -> None:
        """A picture was taken as asked."""
        was_pending = self.pending
        self.trial.prove()
        if was_pending:
            self._tell_proved()

    def ask(self, camera: Camera) -> None:
        """These are the camera's settings from now on."""
        if any(getattr(camera, name) != getattr(self.camera, name) for name in SEEN):
            self.views += 1
        self.trial.ask(camera)

    def shows_otherwise(self) -> bool:
        """Whether masks or turns are others than when this was asked last, over restarts too."""
        now = {name: value for name, value in self.values.items() if name in SEEN}
        before = self.state.kept(SHOWN)
        self.state.keep(SHOWN, now)
        return before != now and bool(before or self.camera.masks)

    def tell(self, changed: Changed) -> None:
        """Have this called with the names of what was changed, after each change."""
        self._told.append(changed)

    async def change(self, asked: Mapping[str, Any]) -> None:
        """Change all of these or, where one cannot be, none; then keep them.

        Raises BadChange, NotKept, and the camera's SourceError beyond its limits.
        """
        async with self._changing:
            before, was_hidden = self.values, self.hidden
            camera, capture = self._camera_of(asked), self._capture_of(asked)
            if camera != self.camera:
                await self._use_camera(camera)
            self._take(capture, asked)
            if self.hidden:
                await self._rest()
            reason = await self.state.write()
            self._announce(before, {"enabled"} if self.hidden != was_hidden else set())
        if reason:
            raise NotKept(f"It holds until the next restart only: {reason}.")

    async def roll_back(self, camera: Camera) -> dict[str, JsonValue] | None:
        """Return to these settings, which gave a picture: what is dropped, and what is restored.

        None where something else was asked for meanwhile. Raises SourceError.
        """
        async with self._changing:
            if self.trial.fallback != camera:
                return None
            before, changes = self.values, self.trial.changes_back_to(camera)
            await self._use_camera(camera)
            self.prove()
            await self.state.write()
            self._announce(before)
            return changes

    async def switch_live(self, *, on: bool) -> None:
        """Keep whether the live view is on. Raises NotKept."""
        self.live = on
        self.state.keep_switch(LIVE, on)
        if reason := await self.state.write():
            raise NotKept(f"It holds until the next restart only: {reason}.")

    async def run(self) -> None:
        """Keep what a disk would not take before, until cancelled."""
        while True:
            await asyncio.sleep(AGAIN_SECONDS)
            await self.state.write_again()

    async def _just_ask(self, camera: Camera) -> None:
        """While there is no camera."""
        self.ask(camera)

    def _camera_of(self, asked: Mapping[str, Any]) -> Camera:
        named = {name: value for name, value in asked.items() if name in Control.model_fields}
        try:
            return self.camera.changed(named) if named else self.camera
        except ValidationError as error:
            raise BadChange(explain(error)) from None

    def _capture_of(self, asked: Mapping[str, Any]) -> Capture:
        named = {name: value for name, value in asked.items() if name in Capture.model_fields}
        try:
            capture = Capture.model_validate({**self.capture.model_dump(), **named})
        except ValidationError as error:
            raise BadChange(explain(error)) from None
        if named.get("only", "always") != "always" and not self._has_place:
            raise BadChange(
                f"only = {capture.only}: this node does not know where it is; "
                "set triggers.latitude and longitude"
            )
        return capture

    def _take(self, capture: Capture, asked: Mapping[str, Any]) -> None:
        """Use what the camera itself does not need to be told."""
        if capture.enabled != self.capture.enabled:
            self.views += 1
        self.unknown.difference_update(asked)
        self._keep_unknown()
        self.capture = capture
        named = {name: asked[name] for name in asked if name in Capture.model_fields}
        if named:
            self.state.keep(CAPTURE, {**self.state.kept(CAPTURE), **named})
            self.state.keep(CONFIGURED, {"enabled": self._configured_enabled})
        if asked.get("masks") is not None:
            self.trial.ask(self.camera)  # also where they are as before: now it is known
        if asked.get("motion") is not None:
            self.motion = bool(asked["motion"])
            self.state.keep_switch(MOTION, self.motion)

    def _keep_unknown(self) -> None:
        """Over restarts too: the next file written is whole, and would look as if all were well."""
        self.state.keep(UNKNOWN, dict.fromkeys(self.unknown, True))

    def _announce(self, before: Mapping[str, Any], besides: Collection[str] = ()) -> None:
        now = self.values
        names = frozenset(name for name in now if now[name] != before[name]).union(besides)
        for tell in self._told if names else ():
            tell(names)

    def _kept_capture(self, configured: Capture) -> Capture:
        """The configured capture settings with what was changed since; `enabled` above all."""
        self._configured_enabled = configured.enabled
        kept = self.state.kept(CAPTURE)
        then = self.state.kept(CONFIGURED).get("enabled", configured.enabled)
        if then != configured.enabled:
            kept.pop("enabled", None)  # the file was changed after it was set: the last word
        if self.state.damage is not None:
            self.unknown.add("enabled")
        try:
            return Capture.model_validate({**configured.model_dump(), **kept})
        except (ValidationError, TypeError) as error:
            logger.warning("kept settings are not valid, using the configured", reason=str(error))
        enabled = kept.get("enabled", configured.enabled)
        if not isinstance(enabled, bool):
            self.unknown.add("enabled")
            enabled = False
        return configured.model_copy(update={"enabled": enabled})


async def _nothing() -> None:
    """There is no camera that could rest."""


def _nobody() -> None:
    """Nobody is told."""
