"""Ranges of numbers: `100..120`, `..5`, `1..`, `7`."""

import math
from dataclasses import dataclass
from typing import Final

RANGE_HELP: Final = "write numbers as 100..120, ..5, 1.. or 7"


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` to `high`, both included unless told otherwise."""

    low: float = float("-inf")
    high: float = float("inf")
    above_low: bool = False
    below_high: bool = False

    def text(self) -> str:
        low = ("(" if self.above_low else "") + _number(self.low)
        high = ("(" if self.below_high else "") + _number(self.high)
        return f"[{low} {high}]"


def parse_range(text: str) -> Range:
    """Numbers from one to another, both included. Raises a ValueError that says what is allowed."""
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


def _bound(text: str, default: float) -> float:
    if not text.strip():
        return default
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(RANGE_HELP)
    return number


def _number(value: float) -> str:
    return {float("inf"): "+inf", float("-inf"): "-inf"}.get(value, repr(value))
