"""One lamp: who wants it on, and the pin that does it."""

from contextlib import suppress
from typing import Any

import structlog

from lookout.errors import LookoutError
from services.camera.settings.lights import Light

logger = structlog.get_logger()


class LampError(LookoutError):
    """The pin cannot be driven; the message is for a person."""


class NoPin:
    """The pin of a lamp that exists only on the screen."""

    value = False

    def off(self) -> None:
        """Nothing to switch."""

    def close(self) -> None:
        """Nothing to release."""


class Lamp:
    """On while its rule or a capture wants it, unless a command said otherwise."""

    def __init__(self, settings: Light) -> None:
        self.settings = settings
        self.on = False
        self.trouble: str | None = None  # why the pin cannot be driven
        self._device: Any = None
        self._rule = settings.when == "always"
        self._captures = 0
        self._said: bool | None = None

    def open(self) -> None:
        """Take the pin, if there is one. If it cannot be had, the node goes on without it."""
        if self.settings.pin is None:
            self._device = NoPin()
            self._apply()
            return
        try:
            from gpiozero import DigitalOutputDevice

            self._device = DigitalOutputDevice(
                self.settings.pin, active_high=self.settings.active_high, initial_value=False
            )
        except Exception as error:  # each pin library raises errors of its own kinds
            self.trouble = (
                f"light {self.settings.name} cannot use pin {self.settings.pin} "
                f"({error or type(error).__name__}): on a Pi, `pip install 'lookout-hub[gpio]'`"
            )
            logger.error("a light cannot be switched", reason=self.trouble)
        self._apply()

    def close(self) -> None:
        """Switch off and let go of the pin."""
        device, self._device, self.on = self._device, None, False
        if device is not None:
            with suppress(Exception):  # a pin that is gone is off as far as we can tell
                device.off()
            device.close()

    def rule(self, on: bool) -> None:
        """What its own rule wants."""
        self._rule = on
        self._apply()

    def say(self, on: bool | None) -> None:
        """What a command wants; None lets the rule decide again."""
        self._said = on
        self._apply()

    def capture(self, begins: bool) -> None:
        """A capture begins or is done."""
        self._captures += 1 if begins else -1
        self._apply()

    def _apply(self) -> None:
        wanted = self._rule or self._captures > 0 if self._said is None else self._said
        if self._device is None or wanted == self.on:
            return
        try:
            self._device.value = wanted
        except Exception as error:  # as above
            logger.error("a light cannot be switched", light=self.settings.name, reason=str(error))
            return
        self.on = wanted
