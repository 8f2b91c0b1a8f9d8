"""Thinning out with age: of the older images one a minute stays, of still older ones one an hour.

Of each minute, hour or day of the clock (UTC) the first image stays; what was thinned to minutes
can be thinned to hours later. Only what cameras took by themselves is thinned: who asked for an
image, or what moved in it, makes it worth keeping for its whole life. Nothing is remembered, so
what comes late is thinned too, and doing it twice changes nothing.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

from lookout.amounts.settings import Lifetime
from lookout.host.settings import Section
from lookout.store import keys
from lookout.store.client import Client
from lookout.store.retention.removal import GROUP, KEPT, SEEN, Plan, mortal
from lookout.store.retention.usage import NOT_KEPT, usage
from lookout.store.search import Index, Row, SearchCut
from lookout.store.search.asking import LIMITS, Asker

T = TypeVar("T")

WINDOW: Final = 6 * 3600.0  # seconds looked at in one query, or one step if that is longer
IMAGES: Final = 1_000  # about so many are looked at in one query, of which 2,000 took up to 16 ms
MOST_CROWDS: Final = 1_000_000  # as many as the server allows
MOST_STEPS: Final = 10
HELP: Final = "write age:step pairs, both rising, such as 1d:1m,7d:1h,30d:1d"
# Those that cameras take by themselves, and those that do not say.
BY_ITSELF: Final = ("interval", "schedule", "start", None)
# Of those that somebody or something asks for, the usual: the others are told by their hashes.
_NOT_ASKED: Final = "-@trigger:{command|motion|gpio}"
_NOT_KEPT: Final = "-@kept:{1}"


class ThinStep(Section):
    """Of images older than `age`, one for every `every` stays; both in seconds."""

    age: Lifetime
    every: Lifetime


def _steps(value: object) -> object:
    """Let steps be written as 1d:1m,7d:1h."""
    if not isinstance(value, str):
        return value
    pairs = [part.split(":") for part in value.split(",") if part.strip()]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError(HELP)
    return tuple({"age": age.strip(), "every": every.strip()} for age, every in pairs)


def _rising(steps: tuple[ThinStep, ...]) -> tuple[ThinStep, ...]:
    for one, following in pairwise(steps):
        if one.age >= following.age or one.every >= following.every:
            raise ValueError(HELP)
    return steps


Thin = Annotated[
    tuple[ThinStep, ...],
    NoDecode,
    BeforeValidator(_steps),
    AfterValidator(_rising),
    Field(max_length=MOST_STEPS),
]


@dataclass(frozen=True, slots=True)
class Stretch:
    """The images from `low` up to `high` (Unix seconds), to be thinned to one for `every`."""

    low: float
    high: float
    every: int
    whole: bool = True  # whether no step is parted by its ends, but by those of the rule


async def to_thin(client: Client, node: str, steps: Sequence[ThinStep], now: float) -> Plan:
    """What is too much of a node's images, oldest first: groups, an empty one where there is none.

    So whoever carries it out gets a turn after each query. Raises SearchCut and Indexing.
    """
    index = Index(client, keys.IMAGES_INDEX, keys.IMAGE_PREFIX, (*SEEN, "kept"))
    asker = Asker(client)
    for used in await usage(client, NOT_KEPT, [node]):
        window = IMAGES * max(1.0, used.newest - used.oldest) / used.images
        for stretch in stretches(steps, used.oldest, now, window):
            ids = await _crowded(asker, node, stretch)
            rows = [row for group in _groups(ids) for row in await index.read(group)]
            surplus = list(_surplus(rows, node, stretch))
            for group in _groups(surplus):
                yield await mortal(client, node, group)


def _groups(items: list[T]) -> Iterator[list[T]]:
    """At most GROUP at a time; an empty one where there is none."""
    for start in range(0, max(1, len(items)), GROUP):
        yield items[start : start + GROUP]


def stretches(
    steps: Sequence[ThinStep], oldest: float, now: float, window: float = WINDOW
) -> Iterator[Stretch]:
    """The time from the oldest image on, in pieces that one query may look at; the oldest first."""
    for number in range(len(steps) - 1, -1, -1):
        step = steps[number]
        older = steps[number + 1].age if number + 1 < len(steps) else math.inf
        low, high = max(oldest - 1, now - older), now - step.age  # `oldest` is rounded
        size = step.every * math.ceil(window / step.every)  # a step is never parted
        start = math.floor(low / size) * size
        while start < high:
            yield Stretch(max(low, start), min(high, start + size), step.every)
            start += size


async def _crowded(asker: Asker, node: str, stretch: Stretch, cuts: int = 0) -> list[str]:
    """The ids of all images of those steps that have several; perhaps of some others too."""
    try:
        answer = await asker.ask(*_command(node, stretch), limit=LIMITS[cuts])
    except SearchCut:
        if cuts + 1 == len(LIMITS):
            raise
        first, second = halves(stretch)
        found = await _crowded(asker, node, first, cuts + 1)
        return found + await _crowded(asker, node, second, cuts + 1)
    rows = (dict(zip(row[::2], row[1::2], strict=True)) for row in answer[1:])
    found = [key.decode() for row in rows for key in row[b"all"]]
    return [key.removeprefix(keys.IMAGE_PREFIX) for key in found]


def _command(node: str, stretch: Stretch) -> Sequence[str | int]:
    return (
        *("FT.AGGREGATE", keys.IMAGES_INDEX),
        f"@node:{{$node}} @timestamp:[{stretch.low!r} ({stretch.high!r}] {_NOT_ASKED} {_NOT_KEPT}",
        *("PARAMS", 2, "node", node, "LOAD", 1, "@__key"),
        *("APPLY", f"floor(@timestamp/{stretch.every})", "AS", "step", "GROUPBY", 1, "@step"),
        *("REDUCE", "COUNT", 0, "AS", "images", "REDUCE", "TOLIST", 1, "@__key", "AS", "all"),
        # In a part of a step one image may be alone that is not alone in the step.
        *(("FILTER", "@images > 1") if stretch.whole else ()),
        *("LIMIT", 0, MOST_CROWDS, "DIALECT", 2),
    )


def halves(stretch: Stretch) -> tuple[Stretch, Stretch]:
    """Two that make up the stretch; parted between two steps where it has several."""
    middle = (stretch.low + stretch.high) / 2
    border = math.floor(middle / stretch.every) * stretch.every
    whole = stretch.whole and stretch.low < border
    if whole:
        middle = border
    return (
        replace(stretch, high=middle, whole=whole),
        replace(stretch, low=middle, whole=whole),
    )


def _surplus(rows: Sequence[Row], node: str, stretch: Stretch) -> Iterator[Row]:
    """All but the first of each step, oldest first; by what their hashes say."""
    taken: set[float] = set()
    own = (row for row in rows if _counts(row, node, stretch))
    for row in sorted(own, key=lambda row: (float(row["timestamp"]), row["id"])):
        step = float(row["timestamp"]) // stretch.every
        if step in taken:
            yield row
        taken.add(step)


def _counts(row: Row, node: str, stretch: Stretch) -> bool:
    return (
        row.get("node") == node
        and row.get("kept") not in KEPT
        and row.get("trigger") in BY_ITSELF
        and stretch.low <= float(row.get("timestamp", "nan")) < stretch.high
    )
