"""What finding pictures costs with a thousand, a hundred thousand and a million of them.

All sizes are asked in turn, so that the ratios come from one run; meanwhile another process sends
the largest server a PING every few milliseconds.
"""

import asyncio
import json
import statistics
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from bench.many import RARE, fill
from lookout.amounts.ranges import Range
from lookout.embedded.redis_server import RedisServer
from lookout.host.settings import Redis as RedisSettings
from lookout.store.client import Client, opened
from lookout.store.images import Images
from lookout.store.index import ensure_indexes
from lookout.store.retention.plans import over_cap, to_free
from lookout.store.retention.removal import Plan
from lookout.store.retention.report import holdings
from lookout.store.retention.rules import Retention
from lookout.store.retention.thinning import to_thin
from lookout.store.search import Cursor, Query
from lookout.store.summary import summary

ROUNDS: Final = 31
PLAN_ROUNDS: Final = 3
PAGE: Final = 60
DAY: Final = 86_400.0
SORTS: Final = ("timestamp", "lux", "temperature", "people", "size")
SLOW: Final = 1_000  # microseconds from which the server notes a command
Job = Callable[[Client], Awaitable[Any]]


async def measure(folder: Path, sizes: Sequence[int]) -> dict[str, dict[str, Any]]:
    """A column for each size in milliseconds (medians), the ratio, and what others felt."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(_filled(folder, size)) for size in sizes]
        columns: dict[str, dict[str, Any]] = {f"{size:,}, ms": {} for size in sizes}
        columns |= {
            "ratio": {},
            f"longest command over {SLOW // 1000} ms": {},
            "PING p99, ms": {},
            "PING max, ms": {},
        }
        pinging = await stack.enter_async_context(_pinging(clients[-1]))
        for name, job in (await _jobs(clients[0])).items():
            rounds = PLAN_ROUNDS if name.startswith("plan") else ROUNDS
            row = await _row(clients, job, rounds, pinging)
            for column, value in zip(columns, row, strict=True):
                columns[column][name] = value
    return columns


@asynccontextmanager
async def _filled(folder: Path, size: int) -> AsyncIterator[Client]:
    redis = RedisServer(folder / str(size), password="x", appendonly=False)  # noqa: S106
    async with redis, opened(RedisSettings(url=redis.url)) as client:
        await ensure_indexes(client)
        await fill(client, size)
        await client.config_set("slowlog-log-slower-than", SLOW)
        yield client


async def _jobs(client: Client) -> Mapping[str, Job]:
    """What is asked, by name. Each gives a full page in every size, but for the rare."""
    now = time.time()
    queries = {f"-{name}": Query(sort=name) for name in SORTS}
    queries |= {name: Query(sort=name, descending=False) for name in SORTS}
    queries |= {
        "node": Query(tags={"node": ["cam3"]}),
        "since 1d": Query(ranges={"timestamp": Range(low=now - DAY)}),
        "until 3d": Query(ranges={"timestamp": Range(high=now - 3 * DAY)}),
        "lux 100..1000": Query(ranges={"lux": Range(100, 1000)}),
        "temperature ..5": Query(ranges={"temperature": Range(high=5)}),
        "people 1..": Query(ranges={"people": Range(1)}),
        "trigger motion": Query(tags={"trigger": ["motion"]}),
        "kept": Query(tags={"kept": ["1"]}),
        "not kept": Query(without={"kept": ["1"]}),
        f"{RARE} of all": Query(tags={"trigger": ["gpio"]}),
        f"{RARE} of a context": Query(tags={"parent_id": ["0" * 26]}),
        f"{RARE} of all, -lux": Query(tags={"trigger": ["gpio"]}, sort="lux"),
        "motion, -size": Query(tags={"trigger": ["motion"]}, sort="size"),
    }
    jobs: dict[str, Job] = {}
    for name, query in queries.items():
        jobs[name] = _page(replace(query, limit=PAGE))
        if not name.startswith(str(RARE)):
            jobs[f"{name}, next page"] = _next_page(replace(query, limit=PAGE))
    return jobs | {
        "neighbours": _neighbours,
        "summary": lambda client: summary(client, now),
        "plan: storage": lambda client: holdings(client, Retention()),
        "plan: cap": lambda client: _first(over_cap(client, Retention(cap_images=1), "cam3")),
        "plan: room": lambda client: _first(to_free(client, 50_000_000)),
        "plan: thinning": lambda client: _some(
            to_thin(client, "cam3", Retention(thin="1d:10m,3d:1h").thin, now)
        ),
    }


def _page(query: Query) -> Job:
    async def job(client: Client) -> None:
        await _images(client).page(query)

    return job


def _next_page(query: Query) -> Job:
    cursors: dict[int, Cursor | None] = {}

    async def job(client: Client) -> None:
        if id(client) not in cursors:
            found = (await _images(client).page(query)).next
            cursors[id(client)] = Cursor.decode(found) if found else None
        await _images(client).page(replace(query, cursor=cursors[id(client)]))

    return job


async def _neighbours(client: Client) -> None:
    images = _images(client)
    row = (await images.page(Query(ranges={"timestamp": Range(high=time.time() - 3 * DAY)}))).rows[
        0
    ]
    at = float(row["timestamp"])
    query = Query(tags={"node": [row["node"]]}, limit=1, cursor=Cursor(at, at, row["id"]))
    await asyncio.gather(images.page(query), images.page(replace(query, descending=False)))


_KEPT: dict[int, Images] = {}


def _images(client: Client) -> Images:
    """As a service has it: one for as long as it runs."""
    return _KEPT.setdefault(id(client), Images(client))


async def _first(plan: Plan) -> None:
    async for _ in plan:
        return


async def _some(plan: Plan) -> None:
    async for _ in plan:
        pass


async def _row(clients: Sequence[Client], job: Job, rounds: int, pinging: Process) -> list[float]:
    for client in clients:
        await job(client)
        await client.slowlog_reset()
    await _pings(pinging)
    took: list[list[float]] = [[] for _ in clients]
    for _ in range(rounds):
        for times, client in zip(took, clients, strict=True):
            began = time.perf_counter()
            await job(client)
            times.append((time.perf_counter() - began) * 1000)
    pings = await _pings(pinging)
    medians = [statistics.median(times) for times in took]
    noted = [entry["duration"] / 1000 for entry in await clients[-1].slowlog_get(100)]
    ratio, longest = medians[-1] / medians[0], max(noted, default=0.0)
    return [round(value, 2) for value in (*medians, ratio, longest, pings["p99"], pings["max"])]


@asynccontextmanager
async def _pinging(client: Client) -> AsyncIterator[Process]:
    options = client.connection_pool.connection_kwargs
    address = (options["host"], str(options["port"]), options["password"])
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.ping", *address, stdin=PIPE, stdout=PIPE
    )
    try:
        yield process
    finally:
        await process.communicate(b"")


async def _pings(pinging: Process) -> dict[str, float]:
    """How long they took since the last time."""
    assert pinging.stdin and pinging.stdout
    pinging.stdin.write(b"\n")
    found: dict[str, float] = json.loads(await pinging.stdout.readline())
    return found
