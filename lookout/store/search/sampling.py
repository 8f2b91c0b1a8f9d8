"""Some documents drawn at random, to guess how many of what lie where. They decide no answer."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from lookout.store.client import Client
from lookout.store.errors import StoreRefused
from lookout.store.search.holding import has
from lookout.store.search.query import TIME, Query, compiled
from lookout.store.search.windows import FEW, HEAVY, MUCH, Counted, holds

DRAWS: Final = 128  # at a time, which holds the server for half a millisecond
LEAST_DRAWS: Final = 2 * DRAWS
MOST_DRAWS: Final = 8 * DRAWS
FINE: Final = 1_000  # keys for each that was drawn, with which it is enough
SECONDS: Final = 60.0  # that a sample serves
MOST_GUESSES: Final = 500
HIDDEN: Final = 8  # times as many are looked at as are found
# KEYS: none. ARGV: the keys' prefix, how many to draw, the fields.
_DRAW: Final = """
local rows = {}
for _ = 1, ARGV[2] do
    local key = redis.call('RANDOMKEY')
    if key and string.sub(key, 1, #ARGV[1]) == ARGV[1] then
        local row = redis.pcall('HMGET', key, unpack(ARGV, 3))
        if not row.err then rows[#rows + 1] = row end
    end
end
return {redis.call('DBSIZE'), rows}
"""
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sample:
    """Documents that were drawn, those of them that a query finds, and how many each stands for.

    `passed` are those that it would find but for what it leaves out (`without`): the server looks
    at each of these, and while it finds none it does not look at its clock (1,000,000 of which
    nothing is left: 125 ms, whatever its limit).
    """

    rows: Sequence[Row]
    passed: Sequence[Row]
    hits: Sequence[Row]
    each: float
    _sorted: dict[tuple[str, bool], Counted] = field(default_factory=dict)

    @property
    def is_few(self) -> bool:
        """Whether all that the server looks at is no work."""
        return bool(self.rows) and (len(self.passed) + 1) * self.each <= 2 * FEW

    @property
    def is_much(self) -> bool:
        """Whether the server surely does not get through all of it in its time."""
        return len(self.passed) * self.each > MUCH

    @property
    def hides(self) -> bool:
        """Whether nearly all that the server looks at is left out."""
        return len(self.passed) > HIDDEN * max(1, len(self.hits))

    @property
    def share(self) -> float:
        """The part of all documents that the query finds; at least what one hit would say."""
        return max(1, len(self.hits)) / max(1, len(self.rows))

    def counted(self, name: str, *, hits: bool = False) -> Counted:
        """How many of those that were drawn, or of the hits, have each number, in its order."""
        key = name, hits
        if key not in self._sorted:
            rows = self.hits if hits else self.rows
            numbers = (_number(row.get(name)) for row in rows)
            counts = Counter(number for number in numbers if number is not None)
            self._sorted[key] = dict(sorted(counts.items()))
        return self._sorted[key]

    def is_heavy(self, name: str, value: float) -> bool:
        """Whether so many have this value that looking at all of them is work."""
        return self.counted(name, hits=True).get(value, 0) * self.each > HEAVY


@dataclass(slots=True)
class Sampler:
    """Draws a sample where the last one is old, or lacks a field."""

    client: Client
    prefix: str
    _names: tuple[str, ...] = (TIME,)
    _rows: Sequence[Row] = ()
    _each: float = 0.0
    _until: float = 0.0
    _guesses: dict[str, Sample] = field(default_factory=dict)

    async def sample(self, query: Query) -> Sample:
        """What a query would find of it; nothing where the server does not let us draw."""
        used = {*self._names, *query.tags, *query.without, *query.ranges, query.sort}
        if time.monotonic() >= self._until or not used.issubset(self._names):
            names = tuple(sorted(used))
            rows, each = await self._draw(names)
            # At once: others ask meanwhile, and draw what they need.
            self._names, self._rows, self._each = names, rows, each
            self._until = time.monotonic() + SECONDS
            self._guesses.clear()
        key = str(compiled(query, query.ranges))
        if key not in self._guesses:
            if len(self._guesses) >= MOST_GUESSES:
                self._guesses.clear()
            passed = [row for row in self._rows if _passes(row, query)]
            hits = [row for row in passed if not _is_left_out(row, query)]
            self._guesses[key] = Sample(self._rows, passed, hits, self._each)
        return self._guesses[key]

    def forget(self) -> None:
        """The sample led us astray."""
        self._until = 0.0

    async def _draw(self, names: Sequence[str]) -> tuple[Sequence[Row], float]:
        """More from many, a few at a time."""
        rows: list[Row] = []
        draws = everything = 0
        try:
            while draws < MOST_DRAWS and (draws < LEAST_DRAWS or everything > draws * FINE):
                arguments = (self.prefix, DRAWS, *names)
                answer: list[Any] = await self.client.eval(_DRAW, 0, *arguments)
                draws, everything = draws + DRAWS, int(answer[0])
                rows += (_row(names, found) for found in answer[1])
        except StoreRefused:  # without the right to ask
            return (), 0.0
        return rows, everything / draws


def _row(names: Sequence[str], found: Sequence[bytes | None]) -> Row:
    pairs = zip(names, found, strict=True)
    return {name: value.decode(errors="replace") for name, value in pairs if value is not None}


def _passes(row: Row, query: Query) -> bool:
    """Roughly: words are not looked at."""
    return all(has(row, name, values) for name, values in query.tags.items()) and all(
        (number := _number(row.get(name))) is not None and holds(span, number)
        for name, span in query.ranges.items()
    )


def _is_left_out(row: Row, query: Query) -> bool:
    return any(has(row, name, values) for name, values in query.without.items())


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
