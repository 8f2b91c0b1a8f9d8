"""Lamps on pins: always, with each capture, when dark, by the clock, by command."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, tzinfo

from services.camera.capture.capturer import Capturer
from services.camera.lights.lamp import Lamp, LampError
from services.camera.settings.lights import Light
from services.camera.sources import SourceError

__all__ = ["Lamp", "LampError", "Lights"]

LOOK_SECONDS = 5.0  # between two looks at the clock and the light


class Lights:
    """The lamps of a node."""

    def __init__(self, settings: Sequence[Light], where: tzinfo) -> None:
        self._lamps = {light.name: Lamp(light) for light in settings}
        self._where = where
        self._timers: dict[str, asyncio.TimerHandle] = {}

    @property
    def state(self) -> dict[str, bool]:
        """Name -> whether it is on."""
        return {name: lamp.on for name, lamp in self._lamps.items()}

    @asynccontextmanager
    async def flash(self) -> AsyncIterator[None]:
        """The lamps that belong to a capture are on, and have been for their settle time."""
        lamps = [lamp for lamp in self._lamps.values() if lamp.settings.when == "capture"]
        for lamp in lamps:
            lamp.capture(True)
        try:
            if any(lamp.on for lamp in lamps):
                await asyncio.sleep(max(lamp.settings.settle for lamp in lamps if lamp.on))
            yield
        finally:
            for lamp in lamps:
                lamp.capture(False)

    def switch(self, name: str | None, on: bool | None, seconds: float | None) -> dict[str, bool]:
        """Switch one lamp, or all; for some seconds, or until told otherwise. The new states.

        `on` None gives it back to its own rule. Raises LampError.
        """
        if name is not None and name not in self._lamps:
            raise LampError(f"name = {name}: this node has {', '.join(self._lamps)}")
        lamps = [self._lamps[name]] if name is not None else list(self._lamps.values())
        for lamp in lamps:
            if lamp.trouble is not None:
                raise LampError(lamp.trouble)
            self._say(lamp, on, seconds)
        return self.state

    async def run(self, capturer: Capturer) -> None:
        """Hold the pins and follow clock and light until cancelled."""
        lamps = self._lamps.values()
        try:
            for lamp in lamps:
                lamp.open()
            by_light = any(lamp.settings.when == "dark" for lamp in lamps)
            while True:
                self._by_clock()
                if by_light:
                    self._by_light(await _lux(capturer))
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            for timer in self._timers.values():
                timer.cancel()
            for lamp in lamps:
                lamp.close()

    def _say(self, lamp: Lamp, on: bool | None, seconds: float | None) -> None:
        name = lamp.settings.name
        if timer := self._timers.pop(name, None):
            timer.cancel()
        lamp.say(on)
        if seconds is not None and on is not None:
            loop = asyncio.get_running_loop()
            self._timers[name] = loop.call_later(seconds, lamp.say, None)

    def _by_clock(self) -> None:
        now = datetime.fromtimestamp(time.time(), self._where).time()
        for lamp in self._lamps.values():
            if lamp.settings.when == "timed":
                since, until = lamp.settings.since, lamp.settings.until
                inside = since <= now < until if since < until else now >= since or now < until
                lamp.rule(inside)

    def _by_light(self, lux: float | None) -> None:
        for lamp in self._lamps.values():
            if lamp.settings.when == "dark" and lux is not None:
                if lux < lamp.settings.dark:
                    lamp.rule(True)
                elif lux > lamp.settings.bright:
                    lamp.rule(False)


async def _lux(capturer: Capturer) -> float | None:
    """The light now, or that of the last picture where the source does not tell."""
    try:
        return await capturer.device.lux()
    except SourceError:
        return capturer.last.lux if capturer.last else None
