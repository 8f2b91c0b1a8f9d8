"""The lease of a service's name: one holder at a time, and the next one when it has gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from lookout.host.tasks import cancel
from lookout.store import keys
from lookout.store.locks import lease
from tests.support.servers import StoreServer
from tests.support.waiting import eventually


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "PAUSE", 0.05)
    monkeypatch.setattr(lease, "SECONDS", 1.0)


@asynccontextmanager
async def waiting(client: Any, holder: str) -> AsyncIterator[asyncio.Event]:
    """A process that wants the lease; the event is set when it has it."""
    mine, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        async with lease.held(client, "events", holder):
            mine.set()
            await ended.wait()

    task = asyncio.create_task(work(), name=holder)
    yield mine
    await cancel(task)


async def test_the_second_waits_until_the_first_has_ended(client: Any) -> None:
    async with AsyncExitStack() as first:
        await first.enter_async_context(lease.held(client, "events", "one"))
        async with waiting(client, "two") as second:
            await asyncio.sleep(1.5)  # longer than a lease lasts without a sign of life
            assert not second.is_set()
            await first.aclose()
            await second.wait()
            assert await client.get(keys.lease("events")) == b"two"
    assert not await client.exists(keys.lease("events"))


async def test_a_process_that_was_killed_and_restarted_need_not_wait_for_itself(
    client: Any, tmp_path: Path
) -> None:
    name = lease.who(tmp_path)
    await client.set(keys.lease("events"), name, px=60_000)
    async with lease.held(client, "events", name):
        assert await client.pttl(keys.lease("events")) <= 1_000


async def test_a_process_that_stood_still_too_long_ends_when_another_took_over(
    client: Any,
) -> None:
    with pytest.raises(lease.Lost, match="'events'"):
        async with lease.held(client, "events", "one"):
            await client.set(keys.lease("events"), "two", px=60_000)
            await asyncio.Event().wait()
    assert await client.get(keys.lease("events")) == b"two"


@pytest.mark.own_servers
async def test_it_stays_ours_while_redis_restarts(client: Any, redis_server: StoreServer) -> None:
    async with lease.held(client, "events", "one"):
        await redis_server.kill()
        await redis_server.start()
        await eventually(lambda: client.get(keys.lease("events")))
        async with waiting(client, "two") as second:
            await asyncio.sleep(0.3)
            assert not second.is_set()
