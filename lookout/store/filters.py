"""What people type to say when and how much: `2h`, `2026-06-01T12:00`, `100..120`."""

import math
import re
import time
from datetime import datetime
from typing import Final

from lookout.store.search import Range

RANGE_HELP: Final = "write numbers as 100..120, ..5, 1.. or 7"
TIME_HELP: Final = (
    "write how long ago (90s, 30m, 2h, 7d, 1w), a time such as 2026-06-01T12:00, or Unix seconds"
)
DURATION_HELP: Final = "write a length of time such as 30s, 5m, 1h or 1d"

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}  # seconds
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")
_LATEST: Final = 1e11  # Unix seconds; what is larger is milliseconds by mistake


def parse_duration(text: str) -> float:
    """Seconds. Raises ValueError that says what is allowed."""
    match = _DURATION.fullmatch(text.strip().lower())
    if not match or (seconds := float(match[1]) * _UNITS[match[2]]) == 0:
        raise ValueError(DURATION_HELP)
    return seconds


def parse_time(text: str) -> float:
    """Unix seconds; a time without a zone is in this machine's own. Raises ValueError."""
    if _DURATION.fullmatch(text.strip().lower()):
        return time.time() - parse_duration(text)
    try:
        seconds = float(text)
    except ValueError:
        seconds = _from_iso(text.strip())
    if not 0 <= seconds < _LATEST:
        raise ValueError(TIME_HELP)
    return seconds


def parse_range(text: str) -> Range:
    """Numbers from one to another, both included. Raises ValueError that says what is allowed."""
    low, dots, high = text.strip().partition("..")
    try:
        found = Range(_bound(low, -math.inf), _bound(high if dots else low, math.inf))
    except ValueError:
        raise ValueError(RANGE_HELP) from None
    if found.low > found.high:
        raise ValueError(f"the first number is the larger one; {RANGE_HELP}")
    if found == Range():
        raise ValueError(RANGE_HELP)
    return found


def between(since: float | None, until: float | None) -> Range | None:
    """A stretch of time, or None for all of it."""
    if since is None and until is None:
        return None
    return Range(-math.inf if since is None else since, math.inf if until is None else until)


def _from_iso(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        raise ValueError(TIME_HELP) from None


def _bound(text: str, default: float) -> float:
    if not text.strip():
        return default
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(RANGE_HELP)
    return number
