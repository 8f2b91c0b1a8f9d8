"""Fires when the light has changed by so many per cent since it last fired."""

import asyncio

import structlog

from services.camera.capture.capturer import Capturer
from services.camera.settings.triggers import LuxTrigger
from services.camera.sources import SourceError
from services.camera.triggers.firing import Firing

logger = structlog.get_logger()


class LuxWatch:
    """Asks the source how light it is."""

    def __init__(self, trigger: LuxTrigger, capturer: Capturer, firing: Firing) -> None:
        self._trigger = trigger
        self._capturer = capturer
        self._firing = firing
        self._reference: float | None = None
        self._dark = False  # whether it was told that nothing is measured

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                self.take(await self._capturer.device.lux())
                self._dark = False
            except SourceError as error:
                if not self._dark:
                    self._dark = True
                    logger.warning("the light is not known", reason=str(error))
            await asyncio.sleep(self._trigger.every)

    def take(self, lux: float) -> None:
        """Compare with the light of the last time."""
        if self._reference is None:
            self._reference = lux
            return
        change = abs(lux - self._reference)
        if change < self._trigger.least or change < self._reference * self._trigger.percent / 100:
            return
        before, self._reference = self._reference, lux
        self._firing.fire(self._trigger, "lux", {"lux": round(lux, 2), "before": round(before, 2)})
