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
from lookout.store.client import Client, has_command
from lookout.store.search.asking import Asker
from lookout.store.search.pieces import in_pieces, pairs
from lookout.store.search.sampling import Sampler

MOST_BUCKETS: Final = 100_000


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
        self._has_series: bool | None = None

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
        await self._add_to_series(reading)

    async def _add_to_series(self, reading: NewReading) -> None:
        if self._has_series is None:
            self._has_series = await has_command(self._client, "TS.ADD")
        if not self._has_series:
            return
        async with self._client.pipeline(transaction=False) as pipe:
            for metric, value in reading.metrics.items():
                pipe.execute_command(
                    *("TS.ADD", keys.series(reading.node, metric), reading.milliseconds, value),
                    *("RETENTION", keys.SERIES_RETENTION * 1000, "ON_DUPLICATE", "LAST"),
                    *("LABELS", "node", reading.node, "metric", metric),
                )
            # A sample older than the retention is refused; the hash above has it all the same.
            await pipe.execute(raise_on_error=False)

    async def buckets(
        self, node: str, metric: str, *, since: float, until: float, width: float
    ) -> list[dict[str, float]]:
        """Average, least and most of a metric for each `width` seconds, oldest first.

        `metric` must be a checked name: it becomes part of the query. Raises SearchCut, and
        Indexing while the index is not complete.
        """
        first = math.floor(since / width) * width
        asker = Asker(self._client)
        await asker.complete(keys.READINGS_INDEX)

        async def ask(span: Range, limit: float) -> tuple[list[Any], float]:
            command = _buckets(node, metric, span, first, width)
            rows, seconds = await asker.timed(*command, limit=limit)
            return rows[1:], seconds

        sampler = Sampler(self._client, keys.READING_PREFIX)
        pieces = await in_pieces(sampler, Range(since, until), ask)
        return _merged((pairs(row) for piece in pieces for row in piece), first, width)


def _buckets(
    node: str, metric: str, span: Range, first: float, width: float
) -> tuple[str | int, ...]:
    # Counted from the first bucket on, as the server writes no more than twelve digits; and never
    # 1e+06, which its arithmetic does not know.
    bucket = f"floor((@timestamp - {first:.6f}) / {width:.6f})"
    return (
        *("FT.AGGREGATE", keys.READINGS_INDEX, f"@node:{{$node}} @timestamp:{span.text()}"),
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
