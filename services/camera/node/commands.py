"""The services that a node offers on the bus."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from pydantic import Field, JsonValue, ValidationError, model_validator

from lookout.bus.commands import Arguments, CommandFailed, Data, Services
from lookout.contract.commands import Command
from lookout.contract.errors import explain
from lookout.contract.images import split_image_id
from services.camera.capture.capturer import Capturer
from services.camera.detectors import Detectors
from services.camera.live import LiveUnavailable, LiveView
from services.camera.node.info import About
from services.camera.node.presets import Presets
from services.camera.settings import Capture, Control, Quality
from services.camera.sources import SourceError
from services.camera.triggers.interval import Schedule

logger = structlog.get_logger()

LED = Path("/sys/class/leds/ACT/brightness")
ANSWER_FIRST = 0.3  # seconds between the answer to `restart` and the restart


class CaptureArguments(Arguments):
    """Take pictures: how many, how far apart, at which JPEG quality."""

    count: int = Field(1, ge=1, le=100)
    pause: float = Field(0.0, ge=0, le=3600, description="seconds between two")
    quality: Quality | None = None


class SetArguments(Control, Capture, Arguments):
    """Change settings for good: the camera's control, the capture settings, motion on or off.

    What is said beside a preset wins over it.
    """

    motion: bool | None = None
    preset: str | None = None

    @model_validator(mode="after")
    def _something(self) -> "SetArguments":
        if not self.model_fields_set:
            raise ValueError(f"name what to set: {', '.join(sorted(type(self).model_fields))}")
        return self


class AutofocusArguments(Arguments):
    """Focus once, now; `keep` leaves the lens where that put it, for good."""

    keep: bool = False


class IdentifyArguments(Arguments):
    """Show which one you are."""

    seconds: float = Field(5.0, gt=0, le=60)


class LiveArguments(Arguments):
    """Turn the live view on or off."""

    on: bool


class NoArguments(Arguments):
    """Nothing to say."""


@dataclass(frozen=True, slots=True)
class Commands:
    """What each service does."""

    capturer: Capturer
    schedule: Schedule
    about: About
    live_view: LiveView
    detectors: Detectors
    presets: Presets
    restart_asked: asyncio.Event

    def register(self, services: Services) -> None:
        """Offer them all."""
        services.register("capture", CaptureArguments, self.capture)
        services.register("set", SetArguments, self.set)
        services.register("autofocus", AutofocusArguments, self.autofocus)
        services.register("live", LiveArguments, self.live)
        services.register("identify", IdentifyArguments, self.identify)
        services.register("restart", NoArguments, self.restart)

    async def capture(self, arguments: CaptureArguments, command: Command) -> Data:
        """Take pictures; the result names their ids."""
        images: list[str] = []
        failures: list[str] = []
        for number in range(arguments.count):
            if number:
                await asyncio.sleep(arguments.pause)
            try:
                taken = self.capturer.capture(
                    "command", cause=command.context, quality=arguments.quality
                )
                images.append(await taken)
            except SourceError as error:
                failures.append(str(error))
        if not images:
            raise CommandFailed("capture_failed", failures[0])
        return {"images": list(images), "failed": len(failures), **_lateness(command, images[0])}

    async def set(self, arguments: SetArguments, _: Command) -> Data:
        """Change settings now and keep them over restarts; the result names all as they are."""
        said = self._with_preset(arguments.model_dump(mode="json", exclude_unset=True))
        control = {name: value for name, value in said.items() if name in Control.model_fields}
        capture = {name: value for name, value in said.items() if name in Capture.model_fields}
        if capture.get("only", "always") != "always" and self.schedule.sun is None:
            why = f"only = {arguments.only}: this node does not know where it is"
            raise CommandFailed("bad_arguments", f"{why}; set triggers.latitude and longitude")
        if control:
            await self._adjust(control)
        if said.get("motion") is not None:
            await self._switch_motion(on=said["motion"])
        if capture:
            self.capturer.settings = self.capturer.settings.model_copy(update=capture)
            self.schedule.changed()
        await asyncio.to_thread(self.capturer.state.keep_capture, capture)
        self.about.publish()
        return {**self.presets.as_set(), "preset": self.presets.chosen}

    def _with_preset(self, said: dict[str, Any]) -> dict[str, Any]:
        name = said.pop("preset", None)
        if name is None:
            return said
        if name not in self.presets.names:
            known = ", ".join(self.presets.names) or "no presets"
            raise CommandFailed("bad_arguments", f"preset = {name!r}: this node has {known}")
        return self.presets.values(name) | said

    async def _switch_motion(self, *, on: bool) -> None:
        if on and not self.detectors.possible:
            model = self.capturer.source.model
            raise CommandFailed("not_possible", f"motion = true: {model} gives no frames to watch")
        self.detectors.switch_motion(on=on)
        await asyncio.to_thread(self.capturer.state.keep_motion, on)

    async def autofocus(self, arguments: AutofocusArguments, _: Command) -> Data:
        """Focus; the result tells whether that worked and where the lens is (dioptres)."""
        try:
            focus = await self.capturer.focus()
        except SourceError as error:
            raise CommandFailed("not_possible", str(error)) from None
        if arguments.keep and focus.found and focus.position is not None:
            await self._adjust({"autofocus": "off", "lens_position": round(focus.position, 3)})
            await asyncio.to_thread(self.capturer.state.save)
        return {"focused": focus.found, "lens_position": focus.position}

    async def _adjust(self, control: dict[str, Any]) -> None:
        try:
            await self.capturer.adjust(control)
        except ValidationError as error:
            raise CommandFailed("bad_arguments", explain(error)) from None
        except (SourceError, TimeoutError) as error:
            raise CommandFailed("bad_arguments", str(error)) from None

    async def live(self, arguments: LiveArguments, _: Command) -> Data:
        """Turn the live view on or off, over restarts too. Its address is in the node's info."""
        try:
            await self.live_view.switch(on=arguments.on)
        except LiveUnavailable as error:
            raise CommandFailed("live_unavailable", str(error)) from None
        await asyncio.to_thread(self.capturer.state.keep_live, arguments.on)
        self.about.publish()
        return {"on": arguments.on}

    async def identify(self, arguments: IdentifyArguments, _: Command) -> Data:
        """Blink the activity LED where this process may."""
        info = self.about.describe()
        logger.info("here I am", node=self.about.node, host=info.host)
        blinked = await _blink(arguments.seconds)
        return {"host": info.host, "model": info.model, "blinked": blinked}

    async def restart(self, _: NoArguments, __: Command) -> Data:
        """Start the process anew, after this answer is out."""
        asyncio.get_running_loop().call_later(ANSWER_FIRST, self.restart_asked.set)
        return {"restarting": True}


def _lateness(command: Command, image: str) -> dict[str, JsonValue]:
    """How many milliseconds after the time it was asked for the first picture was taken."""
    if command.at is None:
        return {}
    return {"late_ms": split_image_id(image)[1] - round(command.at * 1000)}


async def _blink(seconds: float) -> bool:
    """Blink five times a second; False where the LED is not ours to drive."""
    try:
        before = LED.read_text()
        for step in range(round(seconds * 10)):
            LED.write_text(str(step % 2))
            await asyncio.sleep(0.1)
        LED.write_text(before)
    except OSError:
        return False
    return True
