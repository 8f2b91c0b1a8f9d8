"""An ingest service as a real process, a hub session to feed it, and Redis to look into."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from lookout.bus.session import Session
from lookout.embedded.child import Child
from lookout.host.settings import Broker
from lookout.host.settings import Redis as RedisSettings
from lookout.store.client import opened


@pytest.fixture(autouse=True)
async def deadline() -> AsyncIterator[None]:
    async with asyncio.timeout(60):
        yield


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Any]:
    async with opened(RedisSettings(url=redis_url)) as redis:
        yield redis


@pytest.fixture
async def hub(mqtt_settings: Callable[[str], Broker]) -> AsyncIterator[Session]:
    async with Session(mqtt_settings("hub"), "test-hub") as session:
        await session.connected()
        yield session


@pytest.fixture
async def ingest(service: Callable[..., Child], hub: Session) -> Child:
    statuses = hub.subscribe("lookout/hub/ingest/status")
    started = service("ingest", LOOKOUT_INGEST__MAX_BYTES="200000")
    while (await anext(statuses)).payload != b"online":
        continue
    return started
