"""Where to look next: stretches of an order from one end to the other, each about as much work.

A search that sorts costs the server 0.4 microseconds for each document that it finds, 0.3 s for a
million; so it is asked for as little as will do. These stretches only guide: each is searched
whole, and they leave nothing out between them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import replace
from typing import Final, Protocol

from lookout.amounts.ranges import Range

Counted = dict[float, int]  # how many have each number, in its order
NOTHING: Final[Counted] = {}

FIRST: Final = 60.0  # seconds looked at first
LONGEST: Final = 30 * 86_400.0  # seconds; what lies beyond is looked at in one go
LEAST_GROWTH, MOST_GROWTH = 1.25, 8.0  # at least so much, or a slow server would hold us up
RECOVERY: Final = 1.5  # how much more may be tried at each step after one that was too much
SHRINK: Final = 4
PLENTY: Final = 2.5  # times as many as are wanted: one that has too few costs another question
TARGET: Final = 0.008  # seconds that a question should take
FEW: Final = 2_000  # documents that are no work
MUCH: Final = 60_000  # documents that are too much for one question: 15 ms and more
FAR_HIT: Final = 2  # no stretch goes on behind the second document that is known to be found
HEAVY: Final = 3_000  # documents of one and the same value that are walked along time
TIED: Final = 1_500  # such that are a stretch by themselves: sorting them by it tells nothing


class Windows(Protocol):
    """Stretches one after the other."""

    def window(self) -> Range | None:
        """The next one; None at the end."""

    def move_on(self, found: int, wanted: int, seconds: float) -> None:
        """It was searched whole, found so many and took so long."""

    def move_to(self, value: float) -> None:
        """All until this value, and what has it, is found."""

    def narrow(self) -> None:
        """It was too much."""


class Seconds:
    """Stretches of time, out from a moment; of about `first` seconds at first.

    `hits` are times that some documents have which the query finds. Each stands for many.
    """

    def __init__(
        self,
        whole: Range,
        start: float,
        *,
        descending: bool,
        first: float = FIRST,
        hits: Counted = NOTHING,
    ) -> None:
        self._rest = whole
        self._edge = start
        self._span = first
        self._most = float("inf")  # less than what was too much
        self._descending = descending
        self._hits = list(hits)

    def window(self) -> Range | None:
        if is_empty(self._rest):
            return None
        far = self._far()
        return self._rest if far is None else until(self._rest, far, descending=self._descending)

    def move_on(self, found: int, wanted: int, seconds: float) -> None:
        far = self._far()
        if far is None:
            self._rest = Range(0, -1)
            return
        self.move_to(far)
        span = self._span * growth(found, wanted, seconds)
        if not found and (hit := self._hit_ahead(1)) is not None:
            span = max(span, abs(self._edge - hit))  # all the way over an empty stretch, as a night
        self._span = min(self._most, span)
        self._most *= RECOVERY

    def move_to(self, value: float) -> None:
        self._edge = value
        self._rest = beyond(self._rest, value, descending=self._descending)

    def narrow(self) -> None:
        far = self._far()
        span = LONGEST if far is None else abs(self._edge - far)
        self._most, self._span = span / 2, span / SHRINK

    def _far(self) -> float | None:
        """Where the next one ends; None when it is all that is left."""
        hit = self._hit_ahead(FAR_HIT)
        if self._span > LONGEST and hit is None:
            return None
        if self._descending:
            return max(self._edge - self._span, hit if hit is not None else float("-inf"))
        return min(self._edge + self._span, hit if hit is not None else float("inf"))

    def _hit_ahead(self, number: int) -> float | None:
        """The time of the first, second, ... hit that lies ahead."""
        if self._descending:
            at = bisect_left(self._hits, self._edge) - number
        else:
            at = bisect_right(self._hits, self._edge) + number - 1
        return self._hits[at] if 0 <= at < len(self._hits) else None


class Marks:
    """Stretches between values that some documents drawn at random have.

    `each` is about how many documents stand behind one that was drawn. A value that very many share
    is a stretch by itself. The first stretch has about `step` of those that were drawn.
    """

    def __init__(
        self,
        whole: Range,
        drawn: Counted,
        each: float,
        *,
        descending: bool,
        step: float = 1.0,
        least: float = LEAST_GROWTH,
    ) -> None:
        """`least`: by how much the next stretch grows at least.

        Where all of them are to be searched in any case, it may shrink.
        """
        self._descending = descending
        self._more = _cells(whole, drawn, each, descending=descending)
        self._cells: list[tuple[Range, int]] = []  # those that were made: there may be a thousand
        self._step = self._enough = max(1.0, step)
        self._least = least
        self._most = float("inf")

    def window(self) -> Range | None:
        count = self._count()
        cells = [cell for cell, _ in self._cells[:count]]
        if not cells:
            return None
        first, last = (cells[-1], cells[0]) if self._descending else (cells[0], cells[-1])
        return Range(first.low, last.high, first.above_low, last.below_high)

    def move_on(self, found: int, wanted: int, seconds: float) -> None:
        del self._cells[: self._count()]
        more = growth(found, wanted, seconds, self._least)
        self._step = max(1.0, min(self._most, self._step * more))
        self._most *= RECOVERY

    def move_to(self, value: float) -> None:
        # What lies ahead begins with the cells of the stretch in which the value is.
        rest = ((beyond(c, value, descending=self._descending), w) for c, w in self._cells)
        self._cells = [(cell, weight) for cell, weight in rest if not is_empty(cell)]

    def narrow(self) -> None:
        self._most = max(1.0, self._step / 2)
        self._step = max(1.0, self._step / SHRINK)

    def _count(self) -> int:
        """How many cells the next stretch has: one, and more while they are no more than a step.

        A value that very many share has enough by itself, and is found faster alone.
        """
        count = weight = 0
        while count < len(self._cells) or self._make_one():
            cell, heavy = self._cells[count]
            alone = heavy >= self._enough and is_point(cell)
            weight += heavy
            if count and (alone or weight > self._step):
                break
            count += 1
            if alone:
                break
        return count

    def _make_one(self) -> bool:
        made = next(((cell, n) for cell, n in self._more if not is_empty(cell)), None)
        if made is not None:
            self._cells.append(made)
        return made is not None


def growth(found: int, wanted: int, seconds: float, least: float = LEAST_GROWTH) -> float:
    """How much larger the next stretch should be, to find as many as are wanted in good time."""
    enough = PLENTY * wanted / found if found else MOST_GROWTH
    return max(least, min(MOST_GROWTH, enough, TARGET / max(seconds, 1e-6)))


def is_empty(span: Range) -> bool:
    """Whether no number lies in it."""
    return span.is_empty


def is_point(span: Range) -> bool:
    """Whether just one number lies in it."""
    return span.low == span.high and not is_empty(span)


def holds(span: Range, value: float) -> bool:
    """Whether the number lies in it."""
    above = value > span.low or (value == span.low and not span.above_low)
    below = value < span.high or (value == span.high and not span.below_high)
    return above and below


def until(span: Range, value: float, *, descending: bool) -> Range:
    """What comes before `value` in the order, and what has it."""
    if descending:
        return replace(span, low=value, above_low=False) if value > span.low else span
    return replace(span, high=value, below_high=False) if value < span.high else span


def beyond(span: Range, value: float, *, descending: bool) -> Range:
    """What comes after `value` in the order."""
    if descending:
        return replace(span, high=value, below_high=True) if value <= span.high else span
    return replace(span, low=value, above_low=True) if value >= span.low else span


def _cells(
    whole: Range, drawn: Counted, each: float, *, descending: bool
) -> Iterator[tuple[Range, int]]:
    """Stretches, and how many of those that were drawn stand for each."""
    rest = whole
    for value in reversed(drawn) if descending else iter(drawn):
        if not holds(rest, value):
            continue
        if drawn[value] * each > TIED and drawn[value] > 1:
            yield beyond(rest, value, descending=not descending), 1  # what comes before it
            yield Range(value, value), drawn[value]
        else:
            yield until(rest, value, descending=descending), drawn[value]
        rest = beyond(rest, value, descending=descending)
    yield rest, 1
