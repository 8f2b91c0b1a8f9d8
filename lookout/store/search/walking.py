"""Finding a query's documents in order, from a place on, by windows that are each searched whole.

The order is by the query's field, then by time, then by id, all in one direction. So documents
with one and the same value (nobody in the picture: most of them) are walked along time. A document
without the field has no place in an order by it.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from lookout.amounts.ranges import Range
from lookout.store.client import Client
from lookout.store.search.asking import LIMITS, Asker, SearchCut
from lookout.store.search.query import TIME, Cursor, Query, Row, compiled
from lookout.store.search.sampling import Sampler
from lookout.store.search.windows import (
    FEW,
    FIRST,
    LONGEST,
    NOTHING,
    PLENTY,
    Counted,
    Marks,
    Seconds,
    Windows,
    beyond,
    holds,
    is_point,
    until,
)

MOST_TIES: Final = 10_000  # documents of one millisecond
_BESIDES: Final = 4  # are asked for more, so that the last wanted is seldom in a group that was cut
_MORE: Final = 8  # times as many are asked for when all that came have expired


@dataclass(frozen=True, slots=True)
class Place:
    """A document, and where it stands."""

    value: float
    at: float
    row: Row

    @property
    def order(self) -> tuple[float, float, str]:
        return self.value, self.at, self.row["id"]

    @property
    def cursor(self) -> Cursor:
        return Cursor(*self.order)


@dataclass(frozen=True, slots=True)
class Leg:
    """A walk along one field. What stands at or before `after` is left out."""

    query: Query
    field: str
    ranges: Mapping[str, Range]
    after: Cursor | None = None

    @property
    def whole(self) -> Range:
        """What there is to walk along."""
        span = self.ranges.get(self.field, Range())
        if self.after is None:
            return span
        at = self.after.at if self.field == TIME else self.after.value
        return until(span, at, descending=not self.query.descending)

    def of(self, place: Place) -> float:
        """Where it stands on this leg."""
        return place.at if self.field == TIME else place.value

    def leads_to(self, place: Place) -> bool:
        """Whether it stands after `after`."""
        if self.after is None:
            return True
        mine, theirs = place.order, (self.after.value, self.after.at, self.after.id)
        return mine < theirs if self.query.descending else mine > theirs


@dataclass(frozen=True, slots=True)
class Look:
    """What a window has: all, or all until a value."""

    places: list[Place]
    total: int
    seconds: float = 0.0  # that the server took
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Walker:
    """Walks along the documents of one index, whose ids are their keys without `prefix`."""

    client: Client
    asker: Asker
    sampler: Sampler
    name: str
    prefix: str
    fields: tuple[str, ...]

    async def places(self, query: Query, want: int) -> list[Place]:
        """The first so many after the query's cursor. Of the last only its being there is sure.

        Raises SearchCut when the server has too little time even for little.
        """
        after, name = query.cursor, query.sort
        leg = Leg(query, name, query.ranges, after)
        if after is None or name == TIME or not await self._is_heavy(query, after.value):
            return await self._walk(leg, want)
        whole = query.ranges.get(name, Range())
        same = Leg(query, TIME, {**query.ranges, name: Range(after.value, after.value)}, after)
        found = await self._walk(same, want) if holds(whole, after.value) else []
        if len(found) < want:
            rest = beyond(whole, after.value, descending=query.descending)
            leg = Leg(query, name, {**query.ranges, name: rest})
            found += await self._walk(leg, want - len(found))
        return found

    async def read(self, identifiers: Sequence[str], *more: str) -> list[Row]:
        """The fields of the documents that still exist, in the order of their ids."""
        names = tuple(dict.fromkeys((*self.fields, *more)))
        async with self.client.pipeline(transaction=False) as pipe:
            for identifier in identifiers:
                pipe.hmget(self.prefix + identifier, names)
            answers = await pipe.execute() if identifiers else []
        found = zip(identifiers, answers, strict=True)
        rows = ({"id": name, **_fields(names, values)} for name, values in found)
        return [row for row in rows if len(row) > 1]  # else it expired meanwhile

    async def _windows(self, leg: Leg, want: int) -> Windows:
        """Where to look, in order."""
        whole, descending = leg.whole, leg.query.descending
        sample = await self.sampler.sample(replace(leg.query, ranges=leg.ranges))
        if sample.hides and not sample.is_few:
            drawn, step = sample.counted(leg.field), FEW / max(1.0, sample.each)
            return Marks(whole, drawn, sample.each, descending=descending, step=step)
        enough = PLENTY * want / max(1.0, sample.each)  # of those drawn that the query finds
        if leg.field == TIME and (descending or whole.low > float("-inf")):
            start = min(whole.high, time.time()) if descending else whole.low
            hits = NOTHING if sample.is_few else sample.counted(TIME, hits=True)
            first = 2 * LONGEST if sample.is_few else _seconds(hits, enough)
            return Seconds(whole, start, descending=descending, first=first, hits=hits)
        # Cells of one differ much in what they hold: of two at least one has enough.
        step = len(sample.rows) + 1 if sample.is_few else round(1 + enough / sample.share)
        drawn = NOTHING if sample.is_few else sample.counted(leg.field)
        return Marks(whole, drawn, sample.each, descending=descending, step=step)

    async def _walk(self, leg: Leg, want: int) -> list[Place]:
        windows, cuts = await self._windows(leg, want), 0
        found: list[Place] = []
        while len(found) < want and (window := windows.window()) is not None:
            left = want - len(found)
            try:
                look = await self._look(leg, window, left, LIMITS[cuts])
            except SearchCut:
                cuts += 1
                if cuts == len(LIMITS):
                    raise
                self.sampler.forget()
                windows.narrow()
                continue
            cuts = 0
            found += look.places
            if look.until is None:
                windows.move_on(look.total, left, look.seconds)
            else:
                windows.move_to(look.until)
        return found

    async def _look(self, leg: Leg, window: Range, want: int, limit: float) -> Look:
        if leg.field != TIME and is_point(window):
            same = await self._same(leg, window.low, want)
            return Look(same, len(same), until=window.low)
        found, total, seconds = await self._first(
            leg, window, want + (leg.after is not None) + _BESIDES, limit
        )
        places = [place for place in found if leg.leads_to(place)]
        if total <= len(found):
            return Look(places, total, seconds)
        # The server cuts a group of equal values anywhere; of the last wanted that matters not.
        last = leg.of(found[-1])
        whole = [place for place in places if leg.of(place) != last]
        if len(whole) >= want - 1 and len(places) >= want:
            return Look(places[:want], total, until=last)
        same = await self._same(leg, last, want - len(whole))
        return Look([*whole, *same], total, until=last)

    async def _first(
        self, leg: Leg, window: Range, want: int, limit: float
    ) -> tuple[list[Place], int, float]:
        """The first of a window, how many it may hold, and how many seconds the server took.

        Those that have expired are not counted.
        """
        order = "DESC" if leg.query.descending else "ASC"
        while True:
            rest = ("NOCONTENT", "SORTBY", leg.field, order, "LIMIT", 0, want)
            total, keys, seconds = await self._search(leg, window, *rest, limit=limit)
            found = await self._placed(leg.query, keys)
            gone = len(keys) - len(found)
            if found or total <= len(keys):
                return found, total - gone, seconds
            if want >= MOST_TIES:
                raise SearchCut(f"The first {want:,} of a search expired meanwhile")
            want = min(MOST_TIES, want * _MORE)

    async def _same(self, leg: Leg, value: float, want: int) -> list[Place]:
        """The first of those that all have one value."""
        if leg.field != TIME:
            ranges = {**leg.ranges, leg.field: Range(value, value)}
            after = leg.after if leg.after and leg.after.value == value else None
            return await self._group(Leg(leg.query, TIME, ranges, after), want)
        point, rest = Range(value, value), ("NOCONTENT", "LIMIT", 0, MOST_TIES)
        total, keys, _ = await self._search(leg, point, *rest, limit=LIMITS[-1])
        if total > len(keys):
            raise SearchCut(f"More than {MOST_TIES:,} have the time {value:.3f}")
        found = await self._placed(leg.query, keys)
        return [place for place in found if leg.leads_to(place)][:want]

    async def _group(self, leg: Leg, want: int) -> list[Place]:
        """Those of one number along time: all at once, unless there are very many."""
        if not await self._is_heavy(leg.query, leg.ranges[leg.query.sort].low):
            with suppress(SearchCut):
                look = await self._look(leg, leg.whole, want, LIMITS[0])
                if look.until is None or len(look.places) >= want:
                    return look.places
        return await self._walk(leg, want)

    async def _is_heavy(self, query: Query, value: float) -> bool:
        sample = await self.sampler.sample(query)
        return sample.is_heavy(query.sort, value)

    async def _search(
        self, leg: Leg, window: Range, *rest: str | int, limit: float
    ) -> tuple[int, list[bytes], float]:
        ranges = {**leg.ranges, leg.field: window}
        # All of a field costs the server much, and leaves out only what has no place in the order.
        for name in (leg.field, TIME):
            if ranges.get(name) == Range():
                del ranges[name]
        text, parameters = compiled(leg.query, ranges)
        command = ("FT.SEARCH", self.name, text, *rest, *parameters, "DIALECT", 2)
        (total, *keys), seconds = await self.asker.timed(*command, limit=limit)
        return int(total), keys, seconds

    async def _placed(self, query: Query, keys: Sequence[bytes]) -> list[Place]:
        ids = [key.decode().removeprefix(self.prefix) for key in keys]
        rows = await self.read(ids, query.sort, TIME)
        places = [
            Place(float(row[query.sort]), float(row[TIME]), row)
            for row in rows
            if query.sort in row and TIME in row
        ]
        return sorted(places, key=lambda place: place.order, reverse=query.descending)


def _seconds(hits: Counted, enough: float) -> float:
    """How long it takes until so many come, by the times of some."""
    if len(hits) < 2:
        return FIRST
    return max(1.0, enough * (next(reversed(hits)) - next(iter(hits))) / sum(hits.values()))


def _fields(names: Sequence[str], values: Sequence[bytes | None]) -> Row:
    found = zip(names, values, strict=True)
    return {name: value.decode(errors="replace") for name, value in found if value is not None}
