"""Redis with little memory: no error, newest kept, fair between nodes, told as an event."""

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from lookout.bus.session import Session
from lookout.contract.events import parse_event
from lookout.host.settings import Broker
from lookout.host.settings import Redis as RedisSettings
from lookout.store import keys
from lookout.store.client import opened
from lookout.store.images import Images
from lookout.store.search import Query
from tests.support.pictures import numbered_jpeg
from tests.support.servers import BrokerServer, StoreServer, make_store
from tests.support.services import ServiceStarter
from tests.support.waiting import eventually

LIMIT = 64 << 20  # bytes
QUIET, LOUD = 100, 2_500  # pictures of 60 kB: more than twice the limit


@pytest.fixture
async def small_redis(tmp_path: Path) -> AsyncIterator[StoreServer]:
    async with make_store(tmp_path / "small-redis", maxmemory=LIMIT) as server:
        yield server


async def publish(session: Session, node: str, numbers: range, first: int) -> None:
    for number in numbers:
        await session.publish(
            f"lookout/{node}/image",
            numbered_jpeg(number, owner=node, padding=60_000),
            properties={"id": f"{node}:{first + number}"},
        )


@pytest.mark.timeout(180)
async def test_more_than_fits_keeps_the_newest_the_quiet_and_the_kept_and_says_so(
    broker: BrokerServer,
    small_redis: StoreServer,
    mqtt_settings: Callable[[str], Broker],
    data: Path,
) -> None:
    starter = ServiceStarter(broker, small_redis, data)
    first = round(time.time() * 1000)
    try:
        async with (
            Session(mqtt_settings("hub"), "senders") as session,
            opened(RedisSettings(url=small_redis.url)) as client,
        ):
            told = session.subscribe("lookout/hub/event/storage_pressure")
            statuses = session.subscribe("lookout/hub/ingest/status")
            await session.connected()
            starter.start("ingest")
            while (await anext(statuses)).payload != b"online":
                continue
            await publish(session, "quiet", range(QUIET), first)
            await publish(session, "loud", range(1), first)
            await eventually(lambda: client.exists(f"image:loud:{first}"))
            await Images(client).keep(f"loud:{first}")
            await publish(session, "loud", range(1, LOUD), first)
            await eventually(lambda: client.exists(f"image:loud:{first + LOUD - 1}"), 60)
            event = parse_event((await anext(told)).payload, event_type="storage_pressure")
            assert (event.data["state"], event.data["limit"]) == ("high", LIMIT)
            await newest_are_there(client, first)
            assert await client.exists(f"image:loud:{first}"), "the kept one is gone"
            quiet = await Images(client).page(Query(tags={"node": ["quiet"]}, limit=QUIET))
            assert len(quiet.rows) == QUIET, "the loud node pushed the quiet one out"
            assert await client.xlen(keys.REJECTED_STREAM) == 0
            assert (await client.info("stats"))["evicted_keys"] == 0
    finally:
        await starter.stop_all()


@pytest.mark.timeout(180)
async def test_a_flood_of_large_events_costs_no_picture(
    broker: BrokerServer,
    small_redis: StoreServer,
    mqtt_settings: Callable[[str], Broker],
    data: Path,
) -> None:
    starter = ServiceStarter(broker, small_redis, data)
    first = round(time.time() * 1000)
    pictures = 219
    try:
        async with (
            Session(mqtt_settings("hub"), "senders") as session,
            Session(mqtt_settings("garden"), "garden") as loud,
            opened(RedisSettings(url=small_redis.url)) as client,
        ):
            statuses = session.subscribe("lookout/hub/+/status")
            over = session.subscribe("lookout/garden/event/flood_ended")
            await session.connected()
            await loud.connected()
            # Each node may fire so much that it would fill this memory several times.
            generous = {"NODE_RATE": "1000", "NODE_BYTES_RATE": "1MB", "NODE_BYTES_BURST": "60MB"}
            limits = {f"LOOKOUT_EVENTS__{name}": value for name, value in generous.items()}
            starter.start("ingest")
            starter.start("events", **limits)
            online: set[str] = set()
            while len(online) < 2:
                message = await anext(statuses)
                online |= {message.topic} if message.payload == b"online" else set()
            await publish(session, "quiet", range(pictures), first)
            await eventually(lambda: client.exists(f"image:quiet:{first + pictures - 1}"))
            body = b'{"data": {"words": "%s"}}' % (b"x" * 16_000)
            for number in range(6_000):
                await loud.publish(f"lookout/garden/event/noise_{number % 7}", body)
            await anext(over)
            there = await Images(client).page(Query(tags={"node": ["quiet"]}, limit=pictures))
            assert len(there.rows) == pictures
            assert (await client.info("stats"))["evicted_keys"] == 0
    finally:
        await starter.stop_all()


async def newest_are_there(client: Any, first: int) -> None:
    page = await Images(client).page(Query(tags={"node": ["loud"]}, limit=200))
    assert [row["id"] for row in page.rows] == [
        f"loud:{first + number}" for number in range(LOUD - 1, LOUD - 201, -1)
    ]
