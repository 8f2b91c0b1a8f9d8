"""What a search should find, by reading every hash and nothing of the index."""

import random
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from lookout.amounts.ranges import Range
from lookout.store.client import Client
from lookout.store.retention.rules import Retention
from lookout.store.retention.usage import Usage, shares_to_remove
from lookout.store.search import Query

WEEK: Final = 7 * 86_400.0
NODES: Final = tuple(f"cam{number}" for number in range(8))
TRIGGERS: Final = ("interval",) * 30 + ("motion",) * 5 + ("command", "gpio", "doorbell")
_AT_ONCE: Final = 1_000
Row = Mapping[str, str]


async def scatter(client: Client, count: int, source: random.Random) -> None:
    """Write so many images of a week: bursts, equal times, equal and missing values, kept ones."""
    now = time.time()
    rows = {f"{row['node']}:{round(float(row['timestamp']) * 1000)}": row
            for row in (_image(number, now, source) for number in range(count))}  # fmt: skip
    names = list(rows)
    for start in range(0, len(names), _AT_ONCE):
        async with client.pipeline(transaction=False) as pipe:
            for name in names[start : start + _AT_ONCE]:
                pipe.hset(f"image:{name}", mapping=rows[name])
                if "kept" not in rows[name]:
                    pipe.expire(f"image:{name}", round(WEEK))
            await pipe.execute()


def _image(number: int, now: float, source: random.Random) -> dict[str, Any]:
    shared = 86_400.0 + number // len(NODES)  # by one image of each node
    age = source.choice((source.uniform(0, WEEK), source.uniform(0, 3_600), shared))
    row: dict[str, Any] = {
        "node": NODES[number % len(NODES)],
        "timestamp": f"{now - age:.3f}",
        "received_at": f"{now:.3f}",
        "size": source.randrange(1_000, 2_000),
        "lux": round(10 ** source.uniform(-1, 4), 2),
        "image_data": b"x",
    }
    if source.random() < 0.5:
        row["temperature"] = round(source.gauss(15, 8), 1)
    if source.random() < 0.8:
        row["people"] = max(0, int(source.expovariate(1) - 1))
    if source.random() < 0.9:
        row["trigger"] = source.choice(TRIGGERS)
    if source.random() < 0.02:
        row["kept"] = "1"
    if source.random() < 0.01:
        row["context_id"] = f"context{source.randrange(20)}"
    return row


async def every(client: Client) -> list[Row]:
    """Each image that is there, with its `id`."""
    found: dict[str, Row] = {}
    keys = [key async for key in client.scan_iter("image:*", count=1_000)]
    for start in range(0, len(keys), _AT_ONCE):
        async with client.pipeline(transaction=False) as pipe:
            for key in keys[start : start + _AT_ONCE]:
                pipe.hgetall(key)
            answers = await pipe.execute()
        for key, answer in zip(keys[start : start + _AT_ONCE], answers, strict=True):
            row = {name.decode(): value.decode(errors="replace") for name, value in answer.items()}
            found[key.decode()] = {"id": key.decode().removeprefix("image:"), **row}
    return list(found.values())


def matching(rows: Iterable[Row], query: Query) -> list[str]:
    """The ids of all that the query should find, in its order, from its cursor on."""
    places = sorted(
        (_place(row, query) for row in rows if _matches(row, query)), reverse=query.descending
    )
    if query.cursor is not None:
        cursor = (query.cursor.value, query.cursor.at, query.cursor.id)
        places = [at for at in places if (at < cursor if query.descending else at > cursor)]
    return [place[2] for place in places]


def mortal(rows: Iterable[Row]) -> list[Row]:
    """Those that nobody keeps, the oldest first."""
    found = (row for row in rows if row.get("kept") != "1")
    return sorted(found, key=lambda row: (float(row["timestamp"]), row["id"]))


def thinned(own: Sequence[Row], rules: Retention, now: float) -> list[str]:
    """Whom thinning takes of one node's mortal images, the oldest first."""
    taken, surplus = set(), []
    for row in own:
        at = float(row["timestamp"])
        rule = max((n for n, step in enumerate(rules.thin) if now - at > step.age), default=None)
        if rule is None or row.get("trigger") not in (None, "interval", "schedule", "start"):
            continue
        step = (rule, at // rules.thin[rule].every)
        if step in taken:
            surplus.append(row["id"])
        taken.add(step)
    return surplus


def freed(rows: Iterable[Row], need: int, besides: Mapping[str, int]) -> list[str]:
    """Whom making room takes: the oldest of whoever uses most; what a picture needs `besides`."""
    by_node: dict[str, list[Row]] = {}
    for row in mortal(rows):
        by_node.setdefault(row["node"], []).append(row)
    sizes = {
        node: sum(int(row["size"]) + besides[node] for row in own) for node, own in by_node.items()
    }
    used = [Usage(node, 0, size, 0.0, 0.0) for node, size in sizes.items()]
    gone = []
    for node, share in shares_to_remove(used, need).items():
        left = share
        for row in by_node[node]:
            if left <= 0:
                break
            left -= int(row["size"]) + besides[node]
            gone.append(row["id"])
    return gone


def _matches(row: Row, query: Query) -> bool:
    return (
        query.sort in row
        and all(_has(row, name, values) for name, values in query.tags.items())
        and not any(_has(row, name, values) for name, values in query.without.items())
        and all(name in row and _in(float(row[name]), span) for name, span in query.ranges.items())
    )


def _has(row: Row, name: str, values: Sequence[str]) -> bool:
    return row.get(name) in values


def _in(value: float, span: Range) -> bool:
    above = value > span.low or (value == span.low and not span.above_low)
    return above and (value < span.high or (value == span.high and not span.below_high))


def _place(row: Row, query: Query) -> tuple[float, float, str]:
    return float(row[query.sort]), float(row["timestamp"]), row["id"]
