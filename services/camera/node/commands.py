"""The services that a node offers on the bus."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from pydantic import Field, JsonValue, model_validator

from lookout.bus.commands import Arguments, CommandFailed, Data, Services
from lookout.contract.commands import Command
from lookout.contract.images import split_image_id
from services.camera.capture.capturer import Capturer
from services.camera.detectors import Detectors
from services.camera.knobs import BadChange, Knobs, NotKept
from services.camera.live import LiveUnavailable, LiveView
from services.camera.node.info import NodeInfo
from services.camera.settings import Capture, Control, Quality
from services.camera.sources import SourceError

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
    """No arguments."""


@dataclass(frozen=True, slots=True)
class Commands:
    """What each service does."""

    node: str
    capturer: Capturer
    knobs: Knobs
    info: NodeInfo
    live_view: LiveView
    detectors: Detectors
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
        if said.get("motion") and not self.detectors.possible:
            model = self.capturer.device.model
            raise CommandFailed("not_possible", f"motion = true: {model} gives no frames to watch")
        await self._change(said)
        knobs = self.knobs
        return {**knobs.values, "preset": knobs.preset, "pending": list(knobs.pending)}

    def _with_preset(self, said: dict[str, Any]) -> dict[str, Any]:
        name = said.pop("preset", None)
        if name is None:
            return said
        presets = self.knobs.presets
        if name not in presets.names:
            known = ", ".join(presets.names) or "no presets"
            raise CommandFailed("bad_arguments", f"preset = {name!r}: this node has {known}")
        return presets.values(name) | said

    async def _change(self, said: dict[str, Any]) -> None:
        try:
            await self.knobs.change(said)
        except (BadChange, SourceError) as error:
            raise CommandFailed("bad_arguments", str(error)) from None
        except NotKept as error:
            raise CommandFailed("not_kept", str(error)) from None
        finally:
            self.info.publish()

    async def autofocus(self, arguments: AutofocusArguments, _: Command) -> Data:
        """Focus; the result tells whether that worked and where the lens is (dioptres)."""
        try:
            focus = await self.capturer.device.focus()
        except SourceError as error:
            raise CommandFailed("not_possible", str(error)) from None
        if arguments.keep and focus.found and focus.position is not None:
            await self._change({"autofocus": "off", "lens_position": round(focus.position, 3)})
        return {"focused": focus.found, "lens_position": focus.position}

    async def live(self, arguments: LiveArguments, _: Command) -> Data:
        """Turn the live view on or off, over restarts too. Its address is in the node's info."""
        try:
            await self.live_view.switch(on=arguments.on)
        except LiveUnavailable as error:
            raise CommandFailed("live_unavailable", str(error)) from None
        try:
            await self.knobs.switch_live(on=arguments.on)
        except NotKept as error:
            raise CommandFailed("not_kept", str(error)) from None
        finally:
            self.info.publish()
        return {"on": arguments.on}

    async def identify(self, arguments: IdentifyArguments, _: Command) -> Data:
        """Blink the activity LED where this process may."""
        info = self.info.describe()
        logger.info("here I am", node=self.node, host=info.host)
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
