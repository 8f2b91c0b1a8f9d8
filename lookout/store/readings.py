"""Readings: one hash each, searchable, and a time series for each metric where the server can."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lookout.contract.limits import FARTHEST_CLOCK
from lookout.store import keys
from lookout.store.client import Client, has_command


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

        `metric` must be a checked name: it becomes part of the query.
        """
        step = f"{width:.6f}"  # never 1e+06: the search's arithmetic does not know it
        answer: list[Any] = await self._client.execute_command(
            *("FT.AGGREGATE", keys.READINGS_INDEX, "@node:{$node} @timestamp:[$since $until]"),
            *("PARAMS", 6, "node", node, "since", since, "until", until),
            *("LOAD", 2, "@timestamp", f"@{metric}"),
            *("FILTER", f"exists(@{metric})"),
            *("APPLY", f"floor(@timestamp/{step})*{step}", "AS", "bucket"),
            *("GROUPBY", 1, "@bucket"),
            *("REDUCE", "AVG", 1, f"@{metric}", "AS", "average"),
            *("REDUCE", "MIN", 1, f"@{metric}", "AS", "least"),
            *("REDUCE", "MAX", 1, f"@{metric}", "AS", "most"),
            *("REDUCE", "COUNT", 0, "AS", "count"),
            *("SORTBY", 2, "@bucket", "ASC", "MAX", 100_000, "LIMIT", 0, 100_000),
            *("DIALECT", 2),
        )
        return [_bucket(row) for row in answer[1:]]


def _bucket(row: list[bytes]) -> dict[str, float]:
    found = {key.decode(): float(value) for key, value in zip(row[::2], row[1::2], strict=True)}
    found["timestamp"] = found.pop("bucket")
    return found
