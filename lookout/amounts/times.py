"""Times and lengths of time as people type them: `2h`, `2026-06-01T12:00`."""

import re
import time
from datetime import datetime
from typing import Final

TIME_HELP: Final = (
    "write how long ago (90s, 30m, 2h, 7d, 1w), a time such as 2026-06-01T12:00, or Unix seconds"
)
DURATION_HELP: Final = "write a length of time such as 30s, 5m, 1h or 1d, at most ten years"

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}  # seconds
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")
LONGEST: Final = 10 * 365 * 86_400  # seconds that anything lives or lasts
_LATEST: Final = 1e11  # Unix seconds; what is larger is milliseconds by mistake


def parse_duration(text: str) -> float:
    """Seconds. Raises a ValueError that says what is allowed."""
    match = _DURATION.fullmatch(text.strip().lower())
    seconds = float(match[1]) * _UNITS[match[2]] if match else 0.0
    if not 0 < seconds <= LONGEST:
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


def _from_iso(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        raise ValueError(TIME_HELP) from None
