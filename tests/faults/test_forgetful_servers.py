"""Servers that keep less than they took: tiny queues, power cuts, empty after a restart."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lookout.embedded.child import Child
from lookout.host.settings import Broker
from lookout.store.errors import StoreAway, StoreRefused
from lookout.store.images import Images
from lookout.store.search import Query
from tests.faults.faults import TINY_QUEUES
from tests.support.nodes import RecordingSource, node_settings, running_node, took
from tests.support.power import PowerCut
from tests.support.servers import BrokerServer, StoreServer, log_of
from tests.support.stored import RECOVERY, all_is_stored
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(180)
Settings = Callable[[str], Broker]
Start = Callable[..., Child]
DROPPED = "being dropped for client lookout-ingest"  # a line of Mosquitto's


@pytest.mark.own_servers
async def test_what_a_broker_with_tiny_queues_drops_is_sent_again(
    broker: BrokerServer,
    mqtt_settings: Settings,
    data: Path,
    service: Start,
    client: Any,
) -> None:
    ingest = service("ingest")
    source = RecordingSource()
    settings = node_settings(mqtt_settings("garden"), data, capture={"interval": 0.05})
    async with running_node(settings, source):
        await eventually(lambda: client.keys("image:*"), 20)  # ingest has its session
        await broker.stop()
        broker.configure(TINY_QUEUES)
        await broker.start()
        taken = len(source.taken)
        await eventually(lambda: stored_more_than(client, taken))  # ingest has its session again
        await ingest.kill()
        await eventually(lambda: DROPPED in log_of(broker), 30)
        ingest.start()
        await took(source, 5)
        await all_is_stored(client, source)


async def stored_more_than(client: Any, number: int) -> bool:
    return len(await client.keys("image:*")) > number


@pytest.mark.own_servers
@pytest.mark.slow
async def test_a_broker_that_comes_back_without_its_memory_loses_nothing(
    tmp_path: Path,
    broker: BrokerServer,
    mqtt_settings: Settings,
    data: Path,
    service: Start,
    client: Any,
) -> None:
    ingest = service("ingest")
    source = RecordingSource()
    async with running_node(node_settings(mqtt_settings("garden"), data), source):
        await eventually(lambda: client.keys("image:*"))
        await ingest.stop(12)
        await took(source, 5)  # in the broker's queue for ingest
        await broker.stop()
        (tmp_path / "broker" / "mosquitto.db").unlink()
        await broker.start()
        ingest.start()
        await took(source, 5)
        await all_is_stored(client, source)


@pytest.mark.own_servers
async def test_what_redis_had_not_synced_at_a_power_cut_is_sent_again(
    tmp_path: Path,
    redis_server: StoreServer,
    mqtt_settings: Settings,
    data: Path,
    service: Start,
    client: Any,
) -> None:
    service("ingest")
    source = RecordingSource()
    settings = node_settings(mqtt_settings("garden"), data)
    power = PowerCut(client, redis_server, tmp_path / "redis")
    async with running_node(settings, source):
        await eventually(lambda: stored_more_than(client, 3))
        await power.before_the_cut()
        before = len(source.taken)
        await eventually(lambda: stored_more_than(client, before + 15))
        await power.cut()
        await took(source, 3)
        await redis_server.start()
        await all_is_stored(client, source)


@pytest.mark.own_servers
@pytest.mark.slow
async def test_a_redis_that_comes_back_empty_gets_all_that_it_had_not_confirmed(
    tmp_path: Path,
    redis_server: StoreServer,
    mqtt_settings: Settings,
    data: Path,
    service: Start,
    client: Any,
) -> None:
    service("ingest")
    source = RecordingSource()
    settings = node_settings(mqtt_settings("garden"), data)
    async with running_node(settings, source):
        await took(source, 15)
        await redis_server.kill()
        shutil.rmtree(tmp_path / "redis" / "appendonlydir")
        await took(source, 5)
        waiting = {int(path.stem) for path in settings.spool_path.glob("*.capture")}
        await redis_server.start()
        await took(source, 5)
        source.failing = "enough"
        taken = {round(at * 1000) for at in source.taken.values()}
        owed = waiting | {each for each in taken if each > max(waiting)}
        await eventually(lambda: searchable(client, len(owed)), RECOVERY)
        await eventually(lambda: not list(settings.spool_path.glob("*.capture")), RECOVERY)
    page = await Images(client).page(Query(limit=500))
    assert {round(float(row["timestamp"]) * 1000) for row in page.rows} == owed


async def searchable(client: Any, number: int) -> bool:
    """Whether the index is there again and finds so many images."""
    try:
        return len((await Images(client).page(Query(limit=500))).rows) >= number
    except (StoreAway, StoreRefused):  # not there yet, or without its index
        return False
