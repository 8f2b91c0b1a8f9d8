"""What has pictures taken besides the interval: clock, sun, light, pins."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, Field, model_validator

from lookout.contract.topics import Word
from lookout.host.settings import Section

Pin = Annotated[int, Field(ge=0, le=27)]  # as the chip counts (BCM), not the header


def _fires(line: str) -> str:
    """Refuse a line that is wrong, or right and never due (such as 30 February)."""
    try:
        next(CronSim(line, datetime.now(UTC)))
    except CronSimError as error:
        raise ValueError(
            f"{error} in {line!r}: five fields are needed, minute hour day month weekday, "
            "such as */15 8-17 * * mon-fri, and the line must be due some day"
        ) from None
    except StopIteration:
        raise ValueError(f"{line!r} is never due: no such day comes") from None
    return line


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError(f"{name!r} is not a time zone such as Europe/Berlin") from None
    return name


class Trigger(Section):
    """What every trigger has: a name, and how many pictures it takes."""

    name: Word = Field(description="1 to 32 of a-z, 0-9 and _; events carry it")
    count: int = Field(1, ge=1, le=100, description="pictures each time")
    pause: float = Field(0.0, ge=0, le=3600, description="seconds between those")


class CronTrigger(Trigger):
    """At times of the clock."""

    cron: Annotated[str, AfterValidator(_fires)] = Field(
        description="minute hour day month weekday, such as */15 8-17 * * mon-fri"
    )


class SunTrigger(Trigger):
    """At a time of the sun."""

    at: Literal["dawn", "sunrise", "noon", "sunset", "dusk"]
    offset: float = Field(
        0.0, ge=-43200, le=43200, description="seconds after it; before it when negative"
    )


class LuxTrigger(Trigger):
    """When the light has changed."""

    percent: float = Field(50.0, gt=0, le=10000, description="change since the last time")
    least: float = Field(5.0, ge=0, le=1e6, description="lux; smaller changes do not count")
    every: float = Field(5.0, ge=0.2, le=3600, description="seconds between looks at the light")


class GpioTrigger(Trigger):
    """When a pin changes: a motion (PIR) or sound sensor, a button."""

    pin: Pin = Field(description="number of the GPIO (BCM)")
    edge: Literal["rising", "falling", "both"] = Field("rising", description="which change counts")
    pull: Literal["up", "down", "none"] = Field("up", description="the Pi's own resistor")
    debounce: float = Field(
        0.5, ge=0, le=3600, description="seconds after a change in which others do not count"
    )


class Triggers(Section):
    """What has pictures taken besides the interval."""

    latitude: float | None = Field(None, ge=-90, le=90, description="degrees north, for the sun")
    longitude: float | None = Field(None, ge=-180, le=180, description="degrees east")
    timezone: Annotated[str, AfterValidator(_zone)] | None = Field(
        None, description="of the cron lines, such as Europe/Berlin; default: the computer's own"
    )
    schedule: tuple[CronTrigger, ...] = Field((), max_length=64)
    sun: tuple[SunTrigger, ...] = Field((), max_length=64)
    lux: LuxTrigger | None = None
    gpio: tuple[GpioTrigger, ...] = Field((), max_length=28)

    @property
    def place(self) -> tuple[float, float] | None:
        """Latitude and longitude, where both are known."""
        if self.latitude is None or self.longitude is None:
            return None
        return self.latitude, self.longitude

    @model_validator(mode="after")
    def _place_where_needed(self) -> Self:
        if self.sun and self.place is None:
            raise ValueError("latitude and longitude are needed for the triggers of the sun")
        return self

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        triggers: tuple[Trigger, ...] = (*self.schedule, *self.sun, *self.gpio)
        names = [each.name for each in (*triggers, *([self.lux] if self.lux else []))]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two triggers are named {name}: give each a name of its own")
        return self
