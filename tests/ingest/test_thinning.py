"""The ingest service thins out by itself: one worker at a time, slowly, over restarts."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from lookout.embedded.child import Child
from lookout.store.client import Client
from lookout.store.index import ensure_indexes
from lookout.store.retention.rules import Retention
from services.ingest import metrics, thinning
from services.ingest.thinning import Thinning
from tests.support.many import left, stored
from tests.support.waiting import eventually

RULES: Any = {"thin": "1d:1m"}
DAY = 86_400


@pytest.fixture
async def minute(client: Client) -> list[str]:
    """Ten images of one minute, two days ago."""
    await ensure_indexes(client)
    old = time.time() // 60 * 60 - 2 * DAY
    return await stored(client, "garden", [old + number for number in range(10)])


async def test_workers_do_it_once_between_them_and_tell_how_long_ago(
    client: Client, minute: list[str]
) -> None:
    workers = [Thinning(client, Retention(**RULES)) for _ in range(3)]
    await asyncio.gather(*(worker.work() for worker in workers))
    assert await left(client, "garden") == {minute[0]}
    finished = await client.get("thinned")
    await workers[0].work()
    assert await client.get("thinned") == finished, "it is not time for another pass"
    assert 0 <= metrics.THINNING_LAG._value.get() < 60
    await client.set("thinned", time.time() - thinning.PASS_SECONDS)
    await workers[1].work()
    assert float(await client.get("thinned")) > float(finished)


async def test_a_pass_that_broke_off_is_begun_anew(client: Client, minute: list[str]) -> None:
    worker = Thinning(client, Retention(**RULES))
    await client.set("turn:thinning", "a worker that was killed", px=200)
    await worker.work()
    assert len(await left(client, "garden")) == 10
    await eventually(lambda: client.set("turn:thinning", "free now", nx=True, px=1))
    await eventually(lambda: worker_done(worker, client, minute[0]))


async def worker_done(worker: Thinning, client: Client, first: str) -> bool:
    await worker.work()
    return await left(client, "garden") == {first}


async def test_without_the_setting_nothing_is_thinned(client: Client, minute: list[str]) -> None:
    await Thinning(client, Retention()).work()
    assert await left(client, "garden") == set(minute)
    assert not await client.exists("thinned")


async def test_what_is_not_on_disk_yet_waits_for_the_next_pass(
    client: Client, minute: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def not_settled(_: Client) -> bool:
        return False

    monkeypatch.setattr(thinning, "is_settled", not_settled)
    await Thinning(client, Retention(**RULES)).work()
    assert await left(client, "garden") == set(minute)


async def test_the_service_does_it_by_itself(
    service: Callable[..., Child], client: Client, minute: list[str]
) -> None:
    service("ingest", LOOKOUT_RETENTION__THIN="1d:1m,7d:1h,30d:1d")

    async def thinned() -> bool:
        return await left(client, "garden") == {minute[0]}

    await eventually(thinned)
