"""Pins that fire: gpiozero calls from a thread of its own, we answer in the event loop."""

import asyncio
import time
from typing import Any

import structlog

from services.camera.settings.triggers import GpioTrigger
from services.camera.triggers.firing import Firing

logger = structlog.get_logger()

INSTALL = "Install the library with `pip install 'lookout-hub[gpio]'`, on a Raspberry Pi."


class PinWatch:
    """One input pin."""

    def __init__(self, trigger: GpioTrigger, firing: Firing) -> None:
        self._trigger = trigger
        self._firing = firing
        self._device: Any = None
        self._last = -float("inf")  # monotonic seconds of the last change that counted

    def open(self) -> None:
        """Begin to watch. A pin that cannot be had is told, and the node goes on without it."""
        try:
            self._device = self._watch(asyncio.get_running_loop())
        except Exception as error:  # each pin library raises errors of its own kinds
            logger.error(
                f"pin {self._trigger.pin} of {self._trigger.name} cannot be watched. {INSTALL}",
                reason=str(error) or type(error).__name__,
            )

    def close(self) -> None:
        """Let go of the pin."""
        if self._device is not None:
            self._device.close()
            self._device = None

    def _watch(self, loop: asyncio.AbstractEventLoop) -> Any:
        from gpiozero import DigitalInputDevice

        pull_up = {"up": True, "down": False, "none": None}[self._trigger.pull]
        active_high = True if pull_up is None else None
        device = DigitalInputDevice(self._trigger.pin, pull_up=pull_up, active_state=active_high)
        # With the resistor to plus, gpiozero calls a low pin active.
        high, low = ("when_deactivated", "when_activated")
        if pull_up is not True:
            high, low = low, high
        if self._trigger.edge in {"rising", "both"}:
            setattr(device, high, lambda: loop.call_soon_threadsafe(self._changed, "rising"))
        if self._trigger.edge in {"falling", "both"}:
            setattr(device, low, lambda: loop.call_soon_threadsafe(self._changed, "falling"))
        return device

    def _changed(self, edge: str) -> None:
        now = time.monotonic()
        if now - self._last < self._trigger.debounce:
            return
        self._last = now
        self._firing.fire(self._trigger, "gpio", {"pin": self._trigger.pin, "edge": edge})
