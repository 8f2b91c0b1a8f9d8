"""Pictures in the log: one row for all of an hour, or of a day where the log goes far back."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Final

HOUR: Final = 3600  # seconds
MOST_ROWS: Final = 30  # of hours; then days are told


@dataclass(frozen=True, slots=True)
class Fold:
    """So many pictures from `since` on and before `until` (Unix seconds); a few of them."""

    since: float
    until: float
    count: int
    images: Sequence[Mapping[str, Any]] = field(default=())

    @property
    def timestamp(self) -> float:
        """Where it stands in the log: above what happened meanwhile, on the same day."""
        return self.until - 0.001


def folds(
    hours: Mapping[float, int], since: float, until: float, zone: tzinfo | None
) -> list[Fold]:
    """Rows for hours that have pictures, within a stretch of time, the newest first."""
    beginnings = {hour: hour for hour in hours}
    if len(hours) > MOST_ROWS:
        beginnings = {hour: midnight(hour, zone) for hour in hours}
    counts: dict[float, list[float]] = {}
    for hour in sorted(hours):
        counts.setdefault(beginnings[hour], []).append(hour)
    rows = [
        Fold(
            max(beginning, since),
            min(max(each) + HOUR, until),
            sum(hours[hour] for hour in each),
        )
        for beginning, each in counts.items()
    ]
    return sorted(rows, key=lambda row: -row.since)


def woven(events: Sequence[Any], rows: Iterable[Fold]) -> list[Any]:
    """Events and rows in one order, the newest first; a row before the events of its time."""
    both = [(_time(each), 1 if isinstance(each, Fold) else 0, each) for each in (*events, *rows)]
    return [each for _, _, each in sorted(both, key=lambda one: (-one[0], -one[1]))]


def midnight(timestamp: float, zone: tzinfo | None) -> float:
    """The beginning of its day in a zone, or in this machine's own."""
    moment = datetime.fromtimestamp(timestamp, zone)
    start = moment.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return start.timestamp()


def typed(timestamp: float, zone: tzinfo | None) -> str:
    """A time as people may type it, in a zone or in this machine's own; nothing for none."""
    if not math.isfinite(timestamp):
        return ""
    text = datetime.fromtimestamp(timestamp, zone).replace(tzinfo=None).isoformat()
    return text.removesuffix("000").removesuffix(":00")


def _time(each: Any) -> float:
    found: float = each.timestamp if isinstance(each, Fold) else each["timestamp"]
    return found
