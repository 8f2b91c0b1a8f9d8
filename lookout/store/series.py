"""Time series of what is measured, where the server has them, with roll-ups that it keeps itself.

Each metric of a node is a series of single values (`ts:NODE:METRIC`) from which the server makes
averages, least, most and counts of each minute, five and fifteen (`ts:NODE:METRIC:60:avg`), kept
for longer. A server without the commands has the readings' hashes and their index instead
(lookout/store/readings.py), and both tell the same.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from lookout.store import keys
from lookout.store.client import Client, has_command
from lookout.store.errors import StoreRefused

ROLL_UPS: Final = {60: 90 * keys.DAY, 300: 365 * keys.DAY, 900: 5 * 365 * keys.DAY}  # width: life
KINDS: Final = ("avg", "min", "max", "count")
CHUNK: Final = 256  # bytes; the usual 4096 would be 48 kB for each metric of each node
MOST_KNOWN: Final = 100_000  # series that were seen to have their roll-ups


@dataclass(slots=True)
class Part:
    """Some values: how many, their sum, the least and the most."""

    count: float
    total: float
    least: float
    most: float

    def add(self, other: "Part") -> None:
        """These too."""
        self.count += other.count
        self.total += other.total
        self.least = min(self.least, other.least)
        self.most = max(self.most, other.most)


Parts: TypeAlias = dict[int, Part]  # by the start of each, Unix milliseconds


class Series:
    """The series of one server."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._there: bool | None = None
        self._known: set[str] = set()

    async def is_there(self) -> bool:
        """Whether the server has time series."""
        if self._there is None:
            self._there = await has_command(self._client, "TS.ADD")
        return self._there

    async def add(self, node: str, milliseconds: int, values: Mapping[str, float]) -> None:
        """Add values of one time; what is older than the series goes back is left out.

        Does nothing where there are no series. Raises a StoreError.
        """
        if not values or not await self.is_there():
            return
        names = {metric: keys.series(node, metric) for metric in values}
        if new := [metric for metric in values if names[metric] not in self._known]:
            await self._make(node, new)
        words = [
            w for metric, value in values.items() for w in (names[metric], milliseconds, value)
        ]
        answers = await self._add(words)
        # A Redis that came back empty has no such key; what is too old has its own words.
        refused = [str(each) for each in answers if isinstance(each, Exception)]
        if any("retention" not in each for each in refused):
            await self._make(node, list(values))
            await self._add(words)

    async def buckets(
        self, node: str, metric: str, *, low: int, high: int, width: int
    ) -> Parts | None:
        """What was measured from `low` to `high`, both included, in buckets; in milliseconds.

        None where the series cannot tell all of it.
        """
        if not await self.is_there():
            return None
        key = keys.series(node, metric)
        begins = await self._begins(key)
        if begins is None:
            return None
        found: Parts = {}
        for part in await self._parts(key, begins, low, high, width):
            for at, values in part.items():
                start = at // width * width
                if start in found:
                    found[start].add(values)
                else:
                    found[start] = values
        return found

    async def begins(self, node: str, metric: str) -> int | None:
        """Since when it is known, Unix milliseconds; None where there is nothing."""
        return await self._begins(keys.series(node, metric)) if await self.is_there() else None

    async def _parts(
        self, key: str, begins: int, low: int, high: int, width: int
    ) -> Sequence[Parts]:
        """Whole steps of a roll-up, and what is left at both ends from the single values."""
        step = await self._step(key, begins, low, width)
        if step is None:
            return [await self._single(key, low, high, width)]
        first, last = -(-low // step) * step, (high + 1) // step * step
        if first >= last:
            return [await self._single(key, low, high, width)]
        return [
            await self._single(key, low, first - 1, width),
            await self._rolled(key, step, first, last - 1),
            await self._single(key, last, high, width),
        ]

    async def _step(self, key: str, begins: int, low: int, width: int) -> int | None:
        """The longest step of which a bucket is made up, and that goes back as far as needed."""
        for seconds in sorted(ROLL_UPS, reverse=True):
            step = seconds * 1000
            if width % step == 0:
                rolled = await self._begins(keys.rolled(key, seconds, "count"))
                if rolled is not None and rolled <= max(begins, low) // step * step:
                    return step
        return None

    async def _begins(self, key: str) -> int | None:
        try:
            answer = await self._client.execute_command("TS.INFO", key)
        except StoreRefused as error:
            if "does not exist" in str(error):
                return None
            raise
        said = dict(zip(answer[::2], answer[1::2], strict=False))
        return int(said[b"firstTimestamp"]) if int(said[b"totalSamples"]) else None

    async def _single(self, key: str, low: int, high: int, width: int) -> Parts:
        if low > high:
            return {}
        span = ("TS.RANGE", key, max(0, low), high, "AGGREGATION")
        return _joined(await self._ask([(*span, kind, width) for kind in KINDS]))

    async def _rolled(self, key: str, step: int, low: int, high: int) -> Parts:
        names = (keys.rolled(key, step // 1000, kind) for kind in KINDS)
        # LATEST: the step that is not over yet, too.
        return _joined(await self._ask([("TS.RANGE", name, low, high, "LATEST") for name in names]))

    async def _ask(self, commands: Iterable[Sequence[str | int]]) -> list[Any]:
        async with self._client.pipeline(transaction=True) as pipe:  # of one moment
            for command in commands:
                pipe.execute_command(*command)
            answers: list[Any] = await pipe.execute()
        return answers

    async def _add(self, words: Sequence[str | int | float]) -> list[Any]:
        async with self._client.pipeline(transaction=False) as pipe:
            pipe.execute_command("TS.MADD", *words)
            (answer,) = await pipe.execute(raise_on_error=False)
        return answer if isinstance(answer, list) else [answer]

    async def _make(self, node: str, metrics: Sequence[str]) -> None:
        """Make series with their roll-ups; those that are there stay as they are."""
        async with self._client.pipeline(transaction=False) as pipe:
            for metric in metrics:
                for command in _made(node, metric):
                    pipe.execute_command(*command)
            await pipe.execute(raise_on_error=False)  # most often: it is there already
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        self._known.update(keys.series(node, metric) for metric in metrics)


def _made(node: str, metric: str) -> Iterable[tuple[str | int, ...]]:
    key = keys.series(node, metric)
    labels = ("LABELS", "node", node, "metric", metric)
    policy = ("DUPLICATE_POLICY", "LAST")
    life = keys.SERIES_RETENTION * 1000
    yield ("TS.CREATE", key, "RETENTION", life, *policy, *labels, "kind", "single")
    # Of an earlier version: without the policy a repeat would be refused.
    yield ("TS.ALTER", key, *policy, *labels, "kind", "single")
    for seconds, longer in ROLL_UPS.items():
        for kind in KINDS:
            name = keys.rolled(key, seconds, kind)
            own = (*labels, "kind", kind, "seconds", seconds)
            yield ("TS.CREATE", name, "RETENTION", longer * 1000, "CHUNK_SIZE", CHUNK, *own)
            yield ("TS.CREATERULE", key, name, "AGGREGATION", kind, seconds * 1000)


def _joined(answers: Sequence[Any]) -> Parts:
    averages, leasts, mosts, counts = ({int(at): float(v) for at, v in each} for each in answers)
    return {
        at: Part(count, averages[at] * count, leasts[at], mosts[at])
        for at, count in counts.items()
        if at in averages and not math.isnan(averages[at])
    }
