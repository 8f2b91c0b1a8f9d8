"""Ranges of numbers: `100..120`, `..5`, `1..`, `7`, `>100`, `<=5`."""

import math
import re
from dataclasses import dataclass
from typing import Final

RANGE_HELP: Final = "write numbers as 100..120, ..5, 1.., 7, >5 or <=5"
_ONE_SIDED: Final = re.compile(r"\s*([<>]=?)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` to `high`, both included unless told otherwise."""

    low: float = float("-inf")
    high: float = float("inf")
    above_low: bool = False
    below_high: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no number lies in it."""
        point = self.low == self.high and (self.above_low or self.below_high)
        return point or self.low > self.high

    def text(self) -> str:
        """As RediSearch writes it."""
        low = ("(" if self.above_low else "") + _number(self.low)
        high = ("(" if self.below_high else "") + _number(self.high)
        return f"[{low} {high}]"

    def ends(self) -> tuple[str, str]:
        """Its two ends as people write them; an open one is empty."""
        low = "" if self.low == -math.inf else (">" if self.above_low else "") + _plain(self.low)
        high = "" if self.high == math.inf else ("<" if self.below_high else "") + _plain(self.high)
        return low, high

    def written(self) -> str:
        """As people write it, and `parse_range` reads it."""
        low, high = self.ends()
        if low == high:
            return low
        if (self.above_low and not high) or (self.below_high and not low):
            return low or high
        return f"{low}..{high}"

    def within(self, other: "Range") -> "Range":
        """The numbers that lie in both; there may be none."""
        low, above = max((self.low, self.above_low), (other.low, other.above_low))
        high, not_below = min((self.high, not self.below_high), (other.high, not other.below_high))
        return Range(low, high, above, not not_below)


def parse_range(text: str) -> Range:
    """Numbers from one to another. Raises a ValueError that says what is allowed."""
    try:
        found = _between(text) if ".." in text else _one(text)
    except ValueError:
        raise ValueError(RANGE_HELP) from None
    if found.low > found.high:
        raise ValueError(f"the first number is the larger one; {RANGE_HELP}")
    if found.is_empty or found == Range():
        raise ValueError(RANGE_HELP)
    return found


def between(since: float | None, until: float | None) -> Range | None:
    """A stretch of time, or None for all of it."""
    if since is None and until is None:
        return None
    return Range(-math.inf if since is None else since, math.inf if until is None else until)


def _between(text: str) -> Range:
    """`100..120`; either end may say that it is left out itself, as `>100..<120`."""
    low, _, high = text.partition("..")
    above, low = _sided(low, ">")
    below, high = _sided(high, "<")
    return Range(_bound(low, -math.inf), _bound(high, math.inf), above, below)


def _sided(text: str, side: str) -> tuple[bool, str]:
    match = _ONE_SIDED.fullmatch(text)
    if match is None:
        return False, text
    if not match[1].startswith(side) or not match[2].strip():
        raise ValueError(RANGE_HELP)
    return match[1] == side, match[2]


def _one(text: str) -> Range:
    """`7`, `>5`, `<=5`."""
    match = _ONE_SIDED.fullmatch(text)
    number = _bound(match[2] if match else text, math.nan)
    if math.isnan(number):
        raise ValueError(RANGE_HELP)
    if match is None:
        return Range(number, number)
    if match[1].startswith(">"):
        return Range(low=number, above_low=match[1] == ">")
    return Range(high=number, below_high=match[1] == "<")


def _bound(text: str, default: float) -> float:
    if not text.strip():
        return default
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(RANGE_HELP)
    return number


def _plain(value: float) -> str:
    return repr(value).removesuffix(".0")


def _number(value: float) -> str:
    return {float("inf"): "+inf", float("-inf"): "-inf"}.get(value, repr(value))
