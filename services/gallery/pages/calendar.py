"""A month of days and a day of hours, with how many pictures each has, as links to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

HOUR: Final = 3600  # seconds
QUARTER: Final = 900  # in which every zone's hours begin
LEVELS: Final = 4  # of colour, above none
TENTHS: Final = 10  # of a bar's height
EARLIEST, LATEST = date(1970, 2, 1), date(5000, 1, 1)


@dataclass(frozen=True, slots=True)
class Span:
    """A day or an hour: its name, how times in it are written, how many pictures, how full."""

    name: str
    since: str
    until: str
    count: int
    level: int
    is_chosen: bool = False
    is_now: bool = False


@dataclass(frozen=True, slots=True)
class Month:
    """One month as a calendar shows it; `lead` days of the week come before its first."""

    name: str
    lead: int
    days: tuple[Span, ...]
    total: int


def first_of(text: str | None, since: float | None, zone: tzinfo | None) -> date:
    """The first day of the month that is asked for, else of `since`, else of today."""
    if text:
        year, month = text.split("-")
        return min(max(date(int(year), int(month), 1), EARLIEST), LATEST)
    moment = datetime.now(zone) if since is None else datetime.fromtimestamp(since, zone)
    return min(max(moment.date().replace(day=1), EARLIEST), LATEST)


def after(first: date) -> date:
    """The first day of the next month."""
    return (first + timedelta(days=31)).replace(day=1)


def begin(day: date, zone: tzinfo | None) -> float:
    """When a day begins, Unix seconds; without a zone in this machine's own."""
    return datetime.combine(day, time(), zone).timestamp()


def width(first: date, zone: tzinfo | None) -> int:
    """Seconds of the stretches that make up the hours of a zone."""
    edges = (begin(first, zone), begin(after(first), zone))
    return QUARTER if any(edge % HOUR for edge in edges) else HOUR


def month(first: date, counts: Mapping[float, int], zone: tzinfo | None,
          chosen: date | None) -> Month:  # fmt: skip
    """The calendar; `counts` by the beginnings of hours or quarters, Unix seconds."""
    by_day: dict[date, int] = {}
    for at, count in counts.items():
        day = datetime.fromtimestamp(at, zone).date()
        by_day[day] = by_day.get(day, 0) + count
    most, today = max(by_day.values(), default=0), datetime.now(zone).date()
    days = []
    for number in range((after(first) - first).days):
        day = first + timedelta(days=number)
        count = by_day.get(day, 0)
        days.append(
            Span(
                f"{day:%A}, {day.day} {day:%B}",
                day.isoformat(),
                (day + timedelta(days=1)).isoformat(),
                count,
                level(count, most, LEVELS),
                day == chosen,
                day == today,
            )
        )
    total = sum(span.count for span in days)
    return Month(f"{first:%B %Y}", first.weekday(), tuple(days), total)


def hours(day: date, counts: Mapping[float, int], zone: tzinfo | None) -> tuple[Span, ...]:
    """The hours of a day by the clock: that of a change of clocks may be twice as full."""
    by_hour = [0] * 24
    for at, count in counts.items():
        moment = datetime.fromtimestamp(at, zone)
        if moment.date() == day:
            by_hour[moment.hour] += count
    most = max(by_hour)
    return tuple(
        Span(
            f"{hour:02}:00",
            f"{day}T{hour:02}:00",
            f"{day}T{hour + 1:02}:00" if hour < 23 else f"{day + timedelta(days=1)}",
            count,
            level(count, most, TENTHS),
        )
        for hour, count in enumerate(by_hour)
    )


def level(count: int, most: int, steps: int) -> int:
    """0 for none, else 1 to `steps`."""
    return 0 if not count else max(1, round(steps * count / most))


def chosen_day(since: float | None, until: float | None, zone: tzinfo | None) -> date | None:
    """The day in which a search lies, if it lies in one."""
    if since is None:
        return None
    day = datetime.fromtimestamp(since, zone).date()
    end = begin(day + timedelta(days=1), zone)
    return day if until is not None and until <= end else None
