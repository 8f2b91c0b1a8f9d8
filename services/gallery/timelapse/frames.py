"""Which pictures a time-lapse shows: one of each stretch of time, all of them equally long."""

from dataclasses import dataclass, replace

from lookout.amounts.ranges import Range
from lookout.store.images import Images
from lookout.store.search import Query, Row
from lookout.store.search.query import TIME

NARROWEST = 0.001  # seconds


@dataclass(frozen=True, slots=True)
class Frames:
    """Rows of images, the oldest first, and between which times they were looked for."""

    rows: list[Row]
    since: float
    until: float


async def chosen(images: Images, query: Query, most: int, *, lux: float | None = None) -> Frames:
    """At most so many, without those that are known to be darker than `lux`.

    Raises a StoreError, never gives a part.
    """
    span = query.ranges.get(TIME, Range())
    ends = [await _end(images, query, descending=descending) for descending in (False, True)]
    if ends[0] is None or ends[1] is None:
        return Frames([], span.low, span.high)
    since, until = max(span.low, ends[0]), min(span.high, ends[1])
    width = max(NARROWEST, (until - since) / most * (1 + 1e-9))
    keys = await images.spread(query, since, width)
    rows = await images.read(keys[:most])
    return Frames([row for row in rows if not _is_dark(row, lux)], since, until)


async def _end(images: Images, query: Query, *, descending: bool) -> float | None:
    page = await images.page(replace(query, sort=TIME, descending=descending, limit=1, cursor=None))
    return float(page.rows[0][TIME]) if page.rows else None


def _is_dark(row: Row, lux: float | None) -> bool:
    try:
        return lux is not None and float(row["lux"]) < lux
    except (KeyError, ValueError):
        return False
