"""What one image, one reading and one event take in Redis: memory, append-only file, network."""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from bench.sender import jpeg_of
from lookout.contract.wire import new_id
from lookout.embedded.redis_server import RedisServer
from lookout.host.settings import Redis as RedisSettings
from lookout.store import keys
from lookout.store.client import Client, opened
from lookout.store.events import Events, NewEvent
from lookout.store.images import Images, NewImage
from lookout.store.index import ensure_indexes
from lookout.store.readings import NewReading, Readings

IMAGE_SIZES: Final = (20_480, 102_400, 512_000)
IMAGES: Final = 400
SMALL: Final = 4_000  # readings, events
BATCH: Final = 20
Store = Callable[[int], Awaitable[None]]


async def measure(folder: Path) -> dict[str, Any]:
    """A row for each kind; every figure is for one, with its share of the index."""
    rows = {}
    redis = RedisServer(folder / "redis", password="x")  # noqa: S106
    redis.configure("auto-aof-rewrite-percentage 0")  # which would be counted with what comes then
    async with redis, opened(RedisSettings(url=redis.url)) as client:
        await ensure_indexes(client)
        for size in IMAGE_SIZES:
            jpeg = jpeg_of(size)
            store = _images(client, f"size{size}", jpeg)
            row = await _cost(client, store, IMAGES // BATCH, BATCH)
            beside = row["memory"] - len(jpeg)
            rows[f"image {size >> 10} KiB"] = {"bytes": len(jpeg), **row, "beside_jpeg": beside}
        rows["reading"] = await _cost(client, _reading(client), SMALL, 1)
        rows["event"] = await _cost(client, _event(client), SMALL, 1)
    return rows


async def _cost(client: Client, store: Store, times: int, each: int) -> dict[str, Any]:
    await store(0)  # what is made once: the stream, the node
    before = await _state(client)
    for number in range(1, times + 1):
        await store(number)
    after = await _state(client)
    return {name: round((after[name] - before[name]) / (times * each)) for name in before}


async def _state(client: Client) -> dict[str, int]:
    info = await client.info()
    return {
        "memory": info["used_memory"],
        "append_only_file": info["aof_current_size"],
        "network_in": info["total_net_input_bytes"],
    }


def _images(client: Client, node: str, jpeg: bytes) -> Store:
    async def store(number: int) -> None:
        at = time.time()
        batch = [_image(node, jpeg, at, number * BATCH + index) for index in range(BATCH)]
        await Images(client).store(batch, ttl=keys.IMAGE_TTL)

    return store


def _image(node: str, jpeg: bytes, at: float, number: int) -> NewImage:
    return NewImage(
        id=f"{node}:{1_800_000_000_000 + number}",
        node=node,
        timestamp=1_800_000_000 + number / 1000,
        received_at=at,
        width=1920,
        height=1080,
        data=jpeg,
        told={
            "lux": 110.5,
            "temperature": 21.5,
            "trigger": "interval",
            "context_id": new_id(),
            "meta": {"exposure_us": 10000, "gain": 1.5, "colour_temperature": 5200},
        },
    )


def _reading(client: Client) -> Store:
    metrics = {"lux": 110.5, "temperature": 21.5, "humidity": 40.0, "cpu_temperature": 48.7}

    async def store(number: int) -> None:
        at = 1_800_000_000.0 + number
        await Readings(client).store(NewReading("garden", at, at, metrics), ttl=keys.READING_TTL)

    return store


def _event(client: Client) -> Store:
    async def store(number: int) -> None:
        event = NewEvent(
            ulid=new_id(),
            event_type="motion_started",
            node="garden",
            timestamp=1_800_000_000.0 + number,
            context_id=new_id(),
            parent_id=None,
            data='{"region":"front door","score":0.4}',
            text="garden motion started region=front door score=0.4",
        )
        await Events(client).store(event, ttl=keys.EVENT_TTL)

    return store
