"""When something is due by the clock or by the sun, and whether it is day."""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from cronsim import CronSim

from services.camera.settings.triggers import SunTrigger
from services.camera.triggers.alarm import Next

LOCAL = Path("/etc/localtime")
HORIZON = -0.833  # degrees at which the upper edge of the sun is seen: refraction and its radius
DAYS_AHEAD = 200  # beyond a polar night


def zone(name: str | None) -> tzinfo:
    """The named time zone, or the computer's own."""
    named = name or os.environ.get("TZ", "").removeprefix(":")
    if named:
        with suppress(ValueError, OSError, KeyError):
            return ZoneInfo(named)
    with suppress(ValueError, OSError), LOCAL.open("rb") as file:
        return ZoneInfo.from_file(file)
    return UTC


def by_clock(line: str, where: tzinfo) -> Next:
    """The times of a cron line; the hours that a change of the clocks doubles or skips count as
    in Debian's cron (cronsim does that)."""

    def following(now: float) -> float:
        return next(CronSim(line, datetime.fromtimestamp(now, where))).timestamp()

    return following


class Sun:
    """The sun over one place."""

    def __init__(self, latitude: float, longitude: float) -> None:
        from astral import Observer

        self._observer = Observer(latitude, longitude)

    def is_day(self, now: float) -> bool:
        """Whether the sun is up at a Unix time, also where it stays so for months."""
        from astral.sun import elevation

        moment = datetime.fromtimestamp(now, UTC)
        return elevation(self._observer, moment, with_refraction=False) > HORIZON

    def following(self, trigger: SunTrigger) -> Next:
        """The times of a trigger; none where the sun does not rise or set for half a year."""

        def following(now: float) -> float | None:
            times = (time + trigger.offset for time in self._times(trigger.at, now))
            return next((time for time in times if time > now), None)

        return following

    def _times(self, name: str, now: float) -> Iterator[float]:
        """The Unix times of an event of the sun, from two days ago on."""
        from astral import sun

        find = getattr(sun, name)
        today = datetime.fromtimestamp(now, UTC).date()
        for day in range(-2, DAYS_AHEAD):
            with suppress(ValueError):  # it does not happen on that day
                yield find(self._observer, today + timedelta(days=day)).timestamp()
