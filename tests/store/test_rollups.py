"""Readings thin out with age: averages with their extremes, told the same by charts."""

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from lookout.host.settings import Redis as RedisSettings
from lookout.store import keys
from lookout.store.client import Client, opened
from lookout.store.index import ensure_indexes
from lookout.store.memory import memory
from lookout.store.readings import NewReading, Readings
from lookout.store.retention.rollups import roll_up
from lookout.store.retention.rules import Retention
from services.ingest.rollups import Rollups

DAY = 86_400


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Client]:
    async with opened(RedisSettings(url=redis_url)) as redis:
        await ensure_indexes(redis)
        yield redis


async def store(client: Client, node: str, at: float, **metrics: float) -> None:
    await Readings(client).store(NewReading(node, at, at, metrics), ttl=40 * DAY)


async def hashes(client: Client, node: str) -> list[dict[bytes, bytes]]:
    found = [key async for key in client.scan_iter(f"{keys.READING_PREFIX}{node}:*")]
    return [await client.hgetall(key) for key in sorted(found)]


async def rolled(client: Client, node: str, now: float) -> int:
    return sum([gone async for gone in roll_up(client, node, Retention().roll_up, now)])


async def test_a_minute_becomes_one_reading_with_average_least_and_most(client: Any) -> None:
    now = time.time()
    minute = (now - 2 * DAY) // 60 * 60
    for second, lux in enumerate((10.0, 20.0, 90.0)):
        await store(client, "garden", minute + 10 * second, lux=lux, pressure=1000.0 + second)
    await store(client, "garden", minute + 35, temperature=-3.0)
    await store(client, "garden", now - 60, lux=5.0)
    await store(client, "garden", now - 50, lux=6.0)
    await store(client, "barn", minute + 10, lux=7.0)

    assert await rolled(client, "garden", now) == 3

    old, *young = await hashes(client, "garden")
    assert len(young) == 2, "what is young stays as it was"
    assert {name: float(value) for name, value in old.items() if name != b"node"} == {
        b"timestamp": minute, b"ROLLED": 4,
        b"lux": 40.0, b"MIN_lux": 10.0, b"MAX_lux": 90.0,
        b"pressure": 1001.0, b"MIN_pressure": 1000.0, b"MAX_pressure": 1002.0,
        b"temperature": -3.0, b"MIN_temperature": -3.0, b"MAX_temperature": -3.0,
    }  # fmt: skip
    assert await client.ttl(f"{keys.READING_PREFIX}garden:{round(minute * 1000)}") > 30 * DAY
    assert len(await hashes(client, "barn")) == 1


async def test_doing_it_again_changes_nothing_and_what_comes_late_is_rolled_in(
    client: Any,
) -> None:
    now = time.time()
    minute = (now - 2 * DAY) // 60 * 60
    for second in range(6):
        await store(client, "garden", minute + second, lux=1.0)
    assert await rolled(client, "garden", now) == 5
    assert await rolled(client, "garden", now) == 0
    await store(client, "garden", minute + 50, lux=8.0)
    assert await rolled(client, "garden", now) == 1
    (one,) = await hashes(client, "garden")
    assert (float(one[b"lux"]), float(one[b"MAX_lux"]), one[b"ROLLED"]) == (2.0, 8.0, b"7")


async def test_charts_show_the_extremes_of_what_was_rolled_up(client: Any) -> None:
    now = time.time()
    hour = (now - 3 * DAY) // 3600 * 3600
    for second in range(0, 3600, 20):
        await store(client, "garden", hour + second, lux=100.0 + second % 60)
    await store(client, "garden", hour + 1_805, lux=9_000.0)
    ask = {"since": hour, "until": hour + 3599, "width": 3600.0}
    (before,) = await Readings(client).buckets("garden", "lux", **ask)

    await rolled(client, "garden", now)

    (after,) = await Readings(client).buckets("garden", "lux", **ask)
    assert (after["least"], after["most"]) == (before["least"], before["most"]) == (100.0, 9_000.0)
    assert after["count"] == 60
    assert after["average"] == pytest.approx(before["average"], rel=0.1)


async def test_old_readings_need_a_fraction_of_the_memory(client: Any) -> None:
    now = time.time()
    for second in range(0, 4 * 3600, 10):
        await store(client, "garden", now - 8 * DAY + second, lux=1.0, temperature=2.0)
    before = (await memory(client)).used

    await Rollups(client, Retention()).work()

    assert len(await hashes(client, "garden")) <= 4 * 12 + 1
    assert (await memory(client)).used < before
