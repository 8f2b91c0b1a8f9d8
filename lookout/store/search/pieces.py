"""Adding up over all that a query finds: at once where that is little, else in pieces of time.

An aggregate costs the server 0.2 microseconds for each document, 0.2 s for a million, and nobody
else is served meanwhile.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from lookout.amounts.ranges import Range
from lookout.store.search.asking import LIMITS, SearchCut
from lookout.store.search.query import TIME, Query, compiled
from lookout.store.search.sampling import Sampler
from lookout.store.search.windows import FEW, SHRINK, Marks

T = TypeVar("T")
Command = tuple[str | int, ...]
Ask = Callable[[Range, float], Awaitable[tuple[T, float]]]


async def in_pieces(sampler: Sampler, whole: Range, ask: Ask[T], *, tried: bool = False) -> list[T]:
    """The answers of all pieces, the oldest first.

    `ask` is given a stretch of time and its limit in seconds, and tells how many it took. `tried`
    tells that the whole is known to be too much. Raises SearchCut when the server has too little
    time even for little.
    """
    if not tried:
        try:
            answer, _ = await ask(whole, LIMITS[0])
            return [answer]
        except SearchCut:
            pass
    return await _walk(sampler, whole, ask)


async def _walk(sampler: Sampler, whole: Range, ask: Ask[T]) -> list[T]:
    sample = await sampler.sample(Query())
    drawn = sample.counted(TIME)
    step, least = FEW / max(1.0, sample.each), 1 / SHRINK
    windows = Marks(whole, drawn, sample.each, descending=False, step=step, least=least)
    answers: list[T] = []
    cuts = 0
    while (window := windows.window()) is not None:
        try:
            answer, seconds = await ask(window, LIMITS[cuts])
        except SearchCut:
            cuts += 1
            if cuts == len(LIMITS):
                raise
            windows.narrow()
            continue
        cuts = 0
        answers.append(answer)
        windows.move_on(0, 1, seconds)
    return answers


def totals(index: str, query: Query, span: Range, *steps: str | int) -> Command:
    """The command that adds up over what the query finds in a stretch of time."""
    ranges = {**query.ranges, TIME: span} if span != Range() else query.ranges
    text, parameters = compiled(query, ranges)
    return ("FT.AGGREGATE", index, text, *parameters, *steps, "DIALECT", 2)


def pairs(row: Sequence[bytes]) -> dict[str, str]:
    """A row of an aggregate, which the server gives as a flat list of names and values."""
    found = zip(row[::2], row[1::2], strict=True)
    return {name.decode(): value.decode() for name, value in found}
