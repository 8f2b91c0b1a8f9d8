"""Times and lengths of time as people type them: `2h`, `2026-06-01T12:00`."""

import re
import time
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

TIME_HELP: Final = (
    "write how long ago (90s, 30m, 2h, 7d, 1w), now, today, yesterday, week (this one), a time of "
    "day such as 22:00 or yesterday 22:00, a time such as 2026-06-01T12:00, or Unix seconds"
)
DURATION_HELP: Final = "write a length of time such as 30s, 5m, 1h or 1d, at most ten years"

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}  # seconds
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")
LONGEST: Final = 10 * 365 * 86_400  # seconds that anything lives or lasts
_WORDS = re.compile(
    r"(?P<now>now)|(?P<day>today|yesterday|week)?( *(?P<hour>\d{1,2}):(?P<minute>\d\d))?"
)
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,30}(/[A-Za-z0-9_+-]{1,30}){0,2}")
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
ZONE_HELP: Final = "use the name of a zone such as Europe/Berlin, or an offset such as +02:00"
_LATEST: Final = 1e11  # Unix seconds; what is larger is milliseconds by mistake


def parse_duration(text: str) -> float:
    """Seconds. Raises a ValueError that says what is allowed."""
    match = _DURATION.fullmatch(text.strip().lower())
    seconds = float(match[1]) * _UNITS[match[2]] if match else 0.0
    if not 0 < seconds <= LONGEST:
        raise ValueError(DURATION_HELP)
    return seconds


def parse_time(text: str, zone: tzinfo | None = None) -> float:
    """Unix seconds; a time that names no zone is in `zone`, or in this machine's own.

    A time of day alone is the last one that has been. Raises ValueError that says what is allowed.
    """
    words = text.strip().lower()
    if _DURATION.fullmatch(words):
        return time.time() - parse_duration(words)
    said = _from_words(words, zone)
    if said is not None:
        return said
    try:
        seconds = float(words)
    except ValueError:
        seconds = _from_iso(text.strip(), zone)
    if not 0 <= seconds < _LATEST:
        raise ValueError(TIME_HELP)
    return seconds


def parse_zone(name: str) -> tzinfo:
    """A zone by its IANA name, such as Europe/Berlin, or an offset such as +02:00."""
    try:
        if match := _OFFSET.fullmatch(name):
            offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
            return timezone(-offset if match[1] == "-" else offset)
        if _ZONE.fullmatch(name):
            return ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        pass
    raise ValueError(ZONE_HELP)


def _from_words(words: str, zone: tzinfo | None) -> float | None:
    """`today`, `yesterday 22:00`, `22:00`; None for what is none of these."""
    match = _WORDS.fullmatch(words)
    if match is None or not words:
        return None
    if match["now"]:
        return time.time()
    now = datetime.now(zone)
    back = {"yesterday": 1, "week": now.weekday()}.get(match["day"] or "", 0)
    clock = (int(match["hour"] or 0), int(match["minute"] or 0))
    if clock[0] > 23 or clock[1] > 59:
        raise ValueError(TIME_HELP)
    # By the calendar, so that days of 23 and 25 hours come out right.
    moment = (
        (now - timedelta(days=back))
        .replace(tzinfo=None, fold=0)
        .replace(hour=clock[0], minute=clock[1], second=0, microsecond=0)
    )
    found = _stamp(moment, zone)
    if match["day"] is None and found > time.time():
        found = _stamp(moment - timedelta(days=1), zone)
    return found


def _from_iso(text: str, zone: tzinfo | None) -> float:
    try:
        moment = datetime.fromisoformat(text)
        return moment.timestamp() if moment.tzinfo else _stamp(moment, zone)
    except (ValueError, OverflowError):
        raise ValueError(TIME_HELP) from None


def _stamp(moment: datetime, zone: tzinfo | None) -> float:
    return (moment if zone is None else moment.replace(tzinfo=zone)).timestamp()
