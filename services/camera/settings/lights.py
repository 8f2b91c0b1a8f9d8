"""Lamps on pins."""

from datetime import time
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from lookout.contract.topics import Word
from lookout.host.settings import Section
from services.camera.settings.triggers import Pin


def _clock(value: object) -> object:
    """Take what YAML makes of 18:30 without quotes: 1110, the minutes of the day."""
    if isinstance(value, int) and 0 <= value < 1440:
        return time(value // 60, value % 60)
    return value


Clock = Annotated[time, BeforeValidator(_clock)]


class Light(Section):
    """One lamp on a pin."""

    name: Word = Field(description="1 to 32 of a-z, 0-9 and _; commands and info use it")
    pin: Pin | None = Field(
        description="number of the GPIO (BCM); null is a lamp on no pin, to try things out"
    )
    when: Literal["command", "always", "capture", "dark", "timed"] = Field(
        "command", description="what switches it on by itself; command: nothing does"
    )
    active_high: bool = Field(True, description="whether a high pin is on; many relays want false")
    settle: float = Field(
        0.5, ge=0, le=10, description="seconds it is on before the picture (capture)"
    )
    dark: float = Field(10.0, ge=0, le=1e6, description="lux below which it goes on (dark)")
    bright: float = Field(
        50.0, gt=0, le=1e6, description="lux, its own included, above which it goes off (dark)"
    )
    since: Clock = Field(time(18, 0), description="when it goes on each day (timed)")
    until: Clock = Field(time(22, 0), description="when it goes off (timed)")

    @model_validator(mode="after")
    def _limits_in_order(self) -> Self:
        if self.dark >= self.bright:
            raise ValueError(
                f"light {self.name}: bright = {self.bright:g} must be more than dark = "
                f"{self.dark:g}, or it would blink"
            )
        if self.since == self.until:
            raise ValueError(f"light {self.name}: since and until are both {self.since:%H:%M}")
        return self


def _named_once(lights: tuple[Light, ...]) -> tuple[Light, ...]:
    names = [light.name for light in lights]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two lights are named {name}: give each a name of its own")
    return lights


Lights = Annotated[tuple[Light, ...], Field(max_length=28), AfterValidator(_named_once)]
