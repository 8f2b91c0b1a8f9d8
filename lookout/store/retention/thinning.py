"""Thinning out with age: of the older images one a minute stays, of still older ones one an hour.

Of each minute, hour or day of the clock (UTC) the first image stays; what was thinned to minutes
can be thinned to hours later. Only what cameras took by themselves is thinned: who asked for an
image, or what moved in it, makes it worth keeping for its whole life. Nothing is remembered, so
what comes late is thinned too, and doing it twice changes nothing.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

from lookout.amounts.settings import Lifetime
from lookout.host.settings import Section
from lookout.store import keys
from lookout.store.client import Client
from lookout.store.retention.removal import GROUP, Plan, mortal
from lookout.store.retention.usage import NOT_KEPT, usage
from lookout.store.search import Index

WINDOW: Final = 6 * 3600  # seconds of images looked at in one query, or one step if that is longer
MOST_STEPS: Final = 10
HELP: Final = "write age:step pairs, both rising, such as 1d:1m,7d:1h,30d:1d"
# Those that cameras take by themselves, and those that do not say (`w'*'` is any word).
_BY_ITSELF: Final = "(@trigger:{interval|schedule|start} | -@trigger:{w'*'})"


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
class _Stretch:
    """The images from `low` up to `high` (Unix seconds), to be thinned to one for `every`."""

    low: float
    high: float
    every: int


async def to_thin(client: Client, node: str, steps: Sequence[ThinStep], now: float) -> Plan:
    """What is too much of a node's images, oldest first: groups, an empty one where there is none.

    So whoever carries it out gets a turn after each query.
    """
    index = Index(client, keys.IMAGES_INDEX, keys.IMAGE_PREFIX, ("size",))
    for used in await usage(client, NOT_KEPT, [node]):
        for stretch in _stretches(steps, used.oldest, now):
            ids = await _crowded(client, node, stretch)
            for start in range(0, max(1, len(ids)), GROUP):
                yield await mortal(client, await index.read(ids[start : start + GROUP]))


def _stretches(steps: Sequence[ThinStep], oldest: float, now: float) -> Iterator[_Stretch]:
    """The time from the oldest image on, in pieces that one query may look at; the oldest first."""
    for number in range(len(steps) - 1, -1, -1):
        step = steps[number]
        older = steps[number + 1].age if number + 1 < len(steps) else math.inf
        low, high = max(oldest - 1, now - older), now - step.age  # `oldest` is rounded
        size = step.every * math.ceil(WINDOW / step.every)  # a step is never parted
        start = math.floor(low / size) * size
        while start < high:
            yield _Stretch(max(low, start), min(high, start + size), step.every)
            start += size


async def _crowded(client: Client, node: str, stretch: _Stretch) -> list[str]:
    """All but the first of each step's images, oldest first."""
    answer: list[Any] = await client.execute_command(
        *("FT.AGGREGATE", keys.IMAGES_INDEX),
        f"@node:{{$node}} @timestamp:[{stretch.low!r} ({stretch.high!r}] {_BY_ITSELF} {NOT_KEPT}",
        *("PARAMS", 2, "node", node, "LOAD", 1, "@__key"),
        *("APPLY", f"floor(@timestamp/{stretch.every})", "AS", "step", "GROUPBY", 1, "@step"),
        *("REDUCE", "COUNT", 0, "AS", "images", "REDUCE", "TOLIST", 1, "@__key", "AS", "all"),
        *("REDUCE", "FIRST_VALUE", 4, "@__key", "BY", "@timestamp", "ASC", "AS", "first"),
        *("FILTER", "@images > 1", "LIMIT", 0, WINDOW, "DIALECT", 2),
    )
    ids = (identifier for row in answer[1:] for identifier in _but_first(row))
    return sorted(ids, key=_milliseconds)


def _but_first(row: list[Any]) -> Iterator[str]:
    found = dict(zip(row[::2], row[1::2], strict=True))
    for key in found[b"all"]:
        if key != found[b"first"]:
            yield key.decode().removeprefix(keys.IMAGE_PREFIX)


def _milliseconds(image_id: str) -> int:
    return int(image_id.rpartition(":")[2])
