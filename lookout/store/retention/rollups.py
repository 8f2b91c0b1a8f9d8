"""Readings thin out with age: of older ones an average for each minute stays, with least and most.

Ten nodes with a reading every ten seconds are 1.1 GB after 30 days, and a tenth of that rolled up.
A rolled reading is a reading like any other at the time of its first, whose metrics are averages
over time; the fields MIN_ and MAX_ of each tell the extremes, ROLLED how many there were. No metric
has such a name: they are small letters. What comes late is rolled in too.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Final

from lookout.store import keys
from lookout.store.client import Client
from lookout.store.retention.kinds import READINGS
from lookout.store.retention.thinning import Stretch, ThinStep, halves, stretches
from lookout.store.search import Query, SearchCut
from lookout.store.search.asking import LIMITS, Asker

MOST_GROUPS: Final = 100_000  # of one question
COUNT, LEAST, MOST = "ROLLED", "MIN_", "MAX_"
_PLAIN: Final = frozenset({"node", "timestamp", "node_time", COUNT})

Hash = Mapping[str, str]


async def roll_up(
    client: Client, node: str, steps: Sequence[ThinStep], now: float
) -> AsyncIterator[int]:
    """Roll a node's readings up, oldest first: after each question how many have gone.

    Raises SearchCut and Indexing.
    """
    asker, index = Asker(client), READINGS.opened(client)
    first = Query(tags={"node": [node]}, descending=False, limit=1)
    for row in (await index.page(first)).rows:
        for stretch in stretches(steps, float(row["timestamp"]), now):
            gone = 0
            for names in await _crowded(asker, node, stretch):
                gone += await _roll(client, node, stretch, names)
            yield gone


async def _crowded(asker: Asker, node: str, stretch: Stretch, cuts: int = 0) -> list[list[str]]:
    """The keys of the readings of each step that has several."""
    try:
        answer = await asker.ask(*_command(node, stretch), limit=LIMITS[cuts])
    except SearchCut:
        if cuts + 1 == len(LIMITS):
            raise
        both = [await _crowded(asker, node, each, cuts + 1) for each in halves(stretch)]
        return [group for part in both for group in part]
    rows = (dict(zip(row[::2], row[1::2], strict=True)) for row in answer[1:])
    return [sorted(key.decode() for key in row[b"all"]) for row in rows]


def _command(node: str, stretch: Stretch) -> Sequence[str | int]:
    return (
        *("FT.AGGREGATE", keys.READINGS_INDEX),
        f"@node:{{$node}} @timestamp:[{stretch.low!r} ({stretch.high!r}]",
        *("PARAMS", 2, "node", node, "LOAD", 1, "@__key"),
        *("APPLY", f"floor(@timestamp/{stretch.every})", "AS", "step", "GROUPBY", 1, "@step"),
        *("REDUCE", "COUNT", 0, "AS", "readings", "REDUCE", "TOLIST", 1, "@__key", "AS", "all"),
        *("FILTER", "@readings > 1", "LIMIT", 0, MOST_GROUPS, "DIALECT", 2),
    )


async def _roll(client: Client, node: str, stretch: Stretch, names: Sequence[str]) -> int:
    """Make one reading of several, all at once; how many fewer there are."""
    found = await _read(client, names)
    own = {
        name: each
        for name, (each, _) in found.items()
        if each.get("node") == node
        and stretch.low <= float(each.get("timestamp", "nan")) < stretch.high
    }
    if len(own) < 2:
        return 0
    life = max(found[name][1] for name in own)
    first = min(own, key=lambda name: float(own[name]["timestamp"]))
    async with client.pipeline(transaction=True) as pipe:
        pipe.unlink(*own)
        pipe.hset(first, mapping=rolled([own[name] for name in own], own[first]))
        if life > 0:
            pipe.pexpire(first, life)
        await pipe.execute()
    return len(own) - 1


async def _read(client: Client, names: Sequence[str]) -> dict[str, tuple[Hash, int]]:
    """Hashes that are there, each with its life in milliseconds."""
    async with client.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.hgetall(name).pttl(name)
        answers: list[Any] = await pipe.execute()
    found = zip(names, answers[::2], answers[1::2], strict=True)
    return {
        name: ({key.decode(): value.decode() for key, value in each.items()}, int(life))
        for name, each, life in found
        if each
    }


def rolled(readings: Sequence[Hash], first: Hash) -> dict[str, str | float]:
    """The hash of one reading for several."""
    metrics = dict.fromkeys(name for each in readings for name in _metrics(each))
    values: dict[str, str | float] = {
        "node": first["node"],
        "timestamp": first["timestamp"],
        COUNT: sum(_count(each) for each in readings),
    }
    for name in metrics:
        having = [each for each in readings if name in each]
        count = sum(_count(each) for each in having)
        values[name] = sum(float(each[name]) * _count(each) for each in having) / count
        values[LEAST + name] = min(float(each.get(LEAST + name, each[name])) for each in having)
        values[MOST + name] = max(float(each.get(MOST + name, each[name])) for each in having)
    return values


def _metrics(reading: Hash) -> Iterable[str]:
    return (name for name in reading if name not in _PLAIN and name == name.lower())


def _count(reading: Hash) -> int:
    return int(reading.get(COUNT, 1))
