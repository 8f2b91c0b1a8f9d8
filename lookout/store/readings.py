"""Readings: one hash each, searchable, and a time series for each metric where the server can."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lookout.amounts.ranges import Range
from lookout.contract.limits import FARTHEST_CLOCK
from lookout.store import keys
from lookout.store.client import Client
from lookout.store.search import Index, Query
from lookout.store.search.asking import Asker
from lookout.store.search.pieces import in_pieces, pairs
from lookout.store.search.query import TIME
from lookout.store.search.sampling import Sampler
from lookout.store.series import Part, Series

MOST_BUCKETS: Final = 100_000
OF_IMAGES: Final = ("people", "detect_ms")  # metrics that are fields of images
SLACK: Final = 1e-3  # milliseconds: 1795213515.473 s times 1000 is a little less, or more


@dataclass(frozen=True, slots=True)
class NewReading:
    """A reading about to be stored; `timestamp` and `received_at` in Unix seconds."""

    node: str
    timestamp: float
    received_at: float
    metrics: Mapping[str, float]
    node_time: float | None = None  # what its node's clock said, where that cannot be

    @property
    def milliseconds(self) -> int:
        return round(self.timestamp * 1000)


class Readings:
    """What can be done with readings."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._series = Series(client)

    async def store(self, reading: NewReading, *, ttl: int) -> None:
        """Write one reading with its TTL, and note it as the node's last if it is the newest."""
        node_key, key = keys.node(reading.node), keys.reading(reading.node, reading.milliseconds)
        stamp = f"{reading.timestamp:.3f}"
        last = await self._client.hget(node_key, "last_reading_at")
        seen = {"last_seen": f"{reading.received_at:.3f}"}
        far = reading.received_at + FARTHEST_CLOCK  # such a one was of a clock that was wrong
        if last is None or not reading.timestamp < float(last) <= far:
            body = json.dumps({"timestamp": reading.timestamp, **reading.metrics})
            seen |= {"last_reading": body, "last_reading_at": stamp}
        async with self._client.pipeline(transaction=True) as pipe:
            fields = {"node": reading.node, "timestamp": stamp, **reading.metrics}
            if reading.node_time is not None:
                fields["node_time"] = f"{reading.node_time:.3f}"
            pipe.hset(key, mapping=fields)
            pipe.expire(key, ttl)
            pipe.sadd(keys.NODES, reading.node)
            pipe.hset(node_key, mapping=seen)
            await pipe.execute()
        await self._series.add(reading.node, reading.milliseconds, reading.metrics)

    async def buckets(
        self, node: str, metric: str, *, since: float, until: float, width: float
    ) -> list[dict[str, float]]:
        """Average, least and most of a metric for each `width` seconds, oldest first.

        From the time series where they tell all of it, else from the index; people and what their
        counting took, from the images'. `metric` must be a checked name: it becomes part of the
        query. Raises SearchCut, and Indexing while the index is not complete.
        """
        first = math.floor(since / width) * width
        told = await self._of_series(node, metric, since=since, until=until, width=width)
        if told is not None:
            return told
        source = _source(metric)
        asker = Asker(self._client)
        await asker.complete(source.index)

        async def ask(span: Range, limit: float) -> tuple[list[Any], float]:
            command = _buckets(source.index, node, metric, span, first, width)
            rows, seconds = await asker.timed(*command, limit=limit)
            return rows[1:], seconds

        sampler = Sampler(self._client, source.prefix)
        pieces = await in_pieces(sampler, Range(since, until), ask)
        return _merged((pairs(row) for piece in pieces for row in piece), first, width)

    async def _of_series(
        self, node: str, metric: str, *, since: float, until: float, width: float
    ) -> list[dict[str, float]] | None:
        """The same from the time series; None where they do not know all that the hashes do."""
        step = round(width * 1000)
        begins = await self._series.begins(node, metric)
        if begins is None or step < 1 or not math.isclose(step, width * 1000):
            return None
        if since * 1000 < begins and await self._has_older(node, metric, since, begins / 1000):
            return None
        low, high = math.ceil(since * 1000 - SLACK), math.floor(until * 1000 + SLACK)
        parts = await self._series.buckets(node, metric, low=low, high=high, width=step)
        return None if parts is None else [_told(at, parts[at]) for at in sorted(parts)]

    async def _has_older(self, node: str, metric: str, since: float, begins: float) -> bool:
        """Whether there are hashes of that time from before the series began."""
        source = _source(metric)
        index = Index(self._client, source.index, source.prefix, (TIME,))
        # What is in the series' first millisecond is in the series.
        span = Range(since, begins - 0.001)
        return bool(await index.count(Query(tags={"node": [node]}, ranges={TIME: span})))


@dataclass(frozen=True, slots=True)
class _Source:
    index: str
    prefix: str


def _source(metric: str) -> _Source:
    """Where a metric's single values are kept as hashes."""
    if metric in OF_IMAGES:
        return _Source(keys.IMAGES_INDEX, keys.IMAGE_PREFIX)
    return _Source(keys.READINGS_INDEX, keys.READING_PREFIX)


def _told(at: int, part: Part) -> dict[str, float]:
    return {
        "timestamp": at / 1000,
        "average": part.total / part.count,
        "least": part.least,
        "most": part.most,
        "count": part.count,
    }


def _buckets(
    index: str, node: str, metric: str, span: Range, first: float, width: float
) -> tuple[str | int, ...]:
    # Counted from the first bucket on, as the server writes no more than twelve digits; and never
    # 1e+06, which its arithmetic does not know.
    bucket = f"floor((@timestamp - {first:.6f}) / {width:.6f})"
    return (
        *("FT.AGGREGATE", index, f"@node:{{$node}} @timestamp:{span.text()}"),
        *("PARAMS", 2, "node", node, "LOAD", 4, "@timestamp", f"@{metric}"),
        *(f"@MIN_{metric}", f"@MAX_{metric}"),  # of what was rolled up
        *("FILTER", f"exists(@{metric})", "APPLY", bucket, "AS", "bucket"),
        # Apart, as the least of a field that some have not is 0.
        *("APPLY", f"exists(@MIN_{metric})", "AS", "rolled"),
        *("GROUPBY", 2, "@bucket", "@rolled", "REDUCE", "SUM", 1, f"@{metric}", "AS", "sum"),
        *("REDUCE", "MIN", 1, f"@{metric}", "AS", "least"),
        *("REDUCE", "MAX", 1, f"@{metric}", "AS", "most"),
        *("REDUCE", "MIN", 1, f"@MIN_{metric}", "AS", "rolled_least"),
        *("REDUCE", "MAX", 1, f"@MAX_{metric}", "AS", "rolled_most"),
        *("REDUCE", "COUNT", 0, "AS", "count", "LIMIT", 0, MOST_BUCKETS, "DIALECT", 2),
    )


def _merged(
    rows: Iterable[Mapping[str, str]], first: float, width: float
) -> list[dict[str, float]]:
    """Buckets of several pieces as one each, oldest first."""
    parts: defaultdict[int, list[Mapping[str, str]]] = defaultdict(list)
    for row in rows:
        parts[int(float(row["bucket"]))].append(row)
    return [
        {"timestamp": first + number * width, **_sum(parts[number])} for number in sorted(parts)
    ]


def _sum(parts: Sequence[Mapping[str, str]]) -> dict[str, float]:
    count = sum(float(part["count"]) for part in parts)
    return {
        "average": sum(float(part["sum"]) for part in parts) / count,
        "least": min(_extreme(part, "least") for part in parts),
        "most": max(_extreme(part, "most") for part in parts),
        "count": count,
    }


def _extreme(part: Mapping[str, str], name: str) -> float:
    """Of single readings what they say, of rolled ones what they remember."""
    return float(part[f"rolled_{name}" if part["rolled"] == "1" else name])
