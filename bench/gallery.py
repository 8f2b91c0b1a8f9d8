"""What the gallery's pages and addresses cost with a thousand images and with very many.

All sizes are asked in turn, so that the ratios come from one run. Beside them, with the same Redis:
the bare HGET of the same bytes, and a page of nine pictures as a small Flask program makes it.
"""

import asyncio
import io
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
from PIL import Image

from bench.machine import cpu_seconds, resident_mib
from bench.many import fill
from lookout.embedded import hub
from lookout.embedded.broker import Mosquitto
from lookout.embedded.child import Child
from lookout.embedded.ports import HOST, free_port
from lookout.embedded.redis_server import RedisServer
from lookout.host.settings import Redis as RedisSettings
from lookout.store import keys
from lookout.store.client import Client, opened
from lookout.store.images import Images
from lookout.store.index import ensure_indexes
from lookout.store.search import Query

PASSWORD: Final = "only for this run"  # noqa: S105
ROUNDS: Final = 31
PICTURES: Final = 200  # the newest, which get a real JPEG
READY_SECONDS: Final = 60
DEEP: Final = 3 * 86_400  # seconds ago
SMALL: Final = "the small program"
ANSWERS: Final = 100


@dataclass(frozen=True, slots=True)
class Place:
    """One size: its gallery, the small program beside it, and their Redis."""

    client: Client
    gallery: Child
    url: str
    small: Child
    small_url: str
    newest: str
    cursor: str


async def measure(folder: Path, sizes: Sequence[int]) -> dict[str, dict[str, Any]]:
    """A column for each size in milliseconds (medians), the ratio, and the processor's part."""
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(Mosquitto(folder / "broker", {"hub": PASSWORD}))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        places = [
            await stack.enter_async_context(_place(folder / str(size), size, broker, http))
            for size in sizes
        ]
        columns: dict[str, dict[str, Any]] = {f"{size:,}, ms": {} for size in sizes}
        columns |= {"ratio": {}, "processor, ms": {}, "kB": {}}
        for name, path in _paths().items():
            row = await _row(http, path, places)
            for column, value in zip(columns, row, strict=True):
                columns[column][name] = value
        bare = [await _bare(place) for place in places]
        for column, value in zip(columns, bare, strict=False):
            columns[column]["bare HGET of a picture"] = round(value, 2)
        memory = resident_mib(places[-1].gallery.pid or 0)
        columns[f"{sizes[-1]:,}, ms"]["(the gallery's memory, MiB)"] = round(memory)
        return columns


def _paths() -> dict[str, str]:
    """What is asked, by name."""
    old = f"until={time.time() - DEEP:.0f}"
    return {
        "front page": "/",
        "front page, filtered": "/?lux=100..120",
        "list of 60": "/api/images?limit=60",
        "list, deep": f"/api/images?limit=60&{old}",
        "list, next page": "/api/images?limit=60&cursor={cursor}",
        "list, oldest first": "/api/images?limit=60&sort=timestamp",
        **{f"list by {name}": f"/api/images?limit=60&sort=-{name}" for name in ("lux", "size")},
        "list of one node": "/api/images?limit=60&node=cam3",
        "list, people": "/api/images?limit=60&people=1..",
        "list, motion": "/api/images?limit=60&trigger=motion",
        "picture page": "/images/{newest}",
        "thumbnail": "/api/images/{newest}/data?width=320",
        "picture's bytes": "/api/images/{newest}/data",
        "nodes page": "/nodes",
        "events page": "/events",
        "days of a month": "/days",
        "counts of all, by day": "/api/images/counts?by=day",
        "Flask: page of nine": SMALL,
    }


async def _row(http: aiohttp.ClientSession, path: str, places: Sequence[Place]) -> list[float]:
    took: list[list[float]] = [[] for _ in places]
    for place in places:
        await _get(http, _url(path, place))
    size = 0
    for _ in range(ROUNDS):
        for times, place in zip(took, places, strict=True):
            began = time.perf_counter()
            size = await _get(http, _url(path, place))
            times.append((time.perf_counter() - began) * 1000)
    medians = [statistics.median(times) for times in took]
    spent = await _processor(http, path, places[-1])
    figures = (*medians, medians[-1] / medians[0], spent, size / 1000)
    return [round(value, 2) for value in figures]


async def _processor(http: aiohttp.ClientSession, path: str, place: Place) -> float:
    """Milliseconds of the server's processor for an answer: of a hundred, as it ticks in tens."""
    process = (place.small if path == SMALL else place.gallery).pid or 0
    before = cpu_seconds(process)
    for _ in range(ANSWERS):
        await _get(http, _url(path, place))
    return (cpu_seconds(process) - before) / ANSWERS * 1000


def _url(path: str, place: Place) -> str:
    if path == SMALL:
        return place.small_url
    return place.url + path.format(newest=place.newest, cursor=place.cursor)


async def _get(http: aiohttp.ClientSession, url: str) -> int:
    async with http.get(url) as answer:
        answer.raise_for_status()
        return len(await answer.read())


async def _bare(place: Place) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await place.client.hget(keys.image(place.newest), "image_data")
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


@asynccontextmanager
async def _place(
    folder: Path, size: int, broker: Mosquitto, http: aiohttp.ClientSession
) -> AsyncIterator[Place]:
    redis = RedisServer(folder / "redis", password=PASSWORD, appendonly=False)
    ports = free_port(), free_port()
    async with redis, opened(RedisSettings(url=redis.url)) as client:
        await ensure_indexes(client)
        await fill(client, size)
        page = await Images(client).page(Query(limit=PICTURES))
        jpeg = _jpeg()
        for row in page.rows:
            picture = {"image_data": jpeg, "size": len(jpeg)}
            await client.hset(keys.image(row["id"]), mapping=picture)
        environment = {
            **os.environ,
            "LOOKOUT_MQTT__URL": broker.url("hub"),
            "LOOKOUT_REDIS__URL": redis.url,
            "LOOKOUT_DATA": str(folder / "data"),
            "LOOKOUT_GALLERY__PORT": str(ports[0]),
        }
        gallery = hub.process("gallery", environment, log=folder / "gallery.log")
        command = [sys.executable, "-m", "bench.small_gallery", redis.url, str(ports[1])]
        small = Child(command, log=folder / "small.log", environment=environment)
        try:
            for child, port in ((gallery, ports[0]), (small, ports[1])):
                child.start()
                await _ready(http, f"http://{HOST}:{port}/")
            yield Place(
                client,
                gallery,
                f"http://{HOST}:{ports[0]}",
                small,
                f"http://{HOST}:{ports[1]}/",
                page.rows[0]["id"],
                page.next or "",
            )
        finally:
            await gallery.stop()
            await small.stop()


async def _ready(http: aiohttp.ClientSession, url: str) -> None:
    async with asyncio.timeout(READY_SECONDS):
        while True:
            try:
                await _get(http, url)
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)
            else:
                return


def _jpeg() -> bytes:
    """A picture of 1080p, about 100 kB."""
    out = io.BytesIO()
    noise = Image.effect_noise((480, 270), 40).resize((1920, 1080))
    noise.convert("RGB").save(out, "JPEG", quality=60)
    return out.getvalue()
