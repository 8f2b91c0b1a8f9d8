"""Redis under Sentinel: the replica takes over in the middle, and nothing confirmed is lost."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from lookout.embedded.child import Child
from lookout.host.settings import Broker, Redis
from lookout.store.client import Client, opened
from lookout.store.errors import StoreAway
from lookout.store.replicas import replicas_in_touch
from tests.scale.sentinel import SENTINEL_PASSWORD, Watched
from tests.support.nodes import RecordingSource, node_settings, running_node
from tests.support.servers import BrokerServer
from tests.support.services import ServiceStarter
from tests.support.stored import nothing_lost_nothing_doubled
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    async with Watched(tmp_path / "redis") as servers:
        yield servers


@pytest.fixture
async def client(watched: Watched) -> AsyncIterator[Client]:
    async with opened(settings(watched)) as client:
        yield client


def settings(watched: Watched) -> Redis:
    return Redis.model_validate({"url": watched.url, "sentinel_password": SENTINEL_PASSWORD})


@pytest.fixture
async def start(broker: BrokerServer, watched: Watched, data: Path) -> AsyncIterator[Any]:
    """Starts a service on the watched Redis."""
    starter = ServiceStarter(broker, watched.primary, data)

    def start(name: str) -> Child:
        return starter.start(
            name,
            LOOKOUT_REDIS__URL=watched.url,
            LOOKOUT_REDIS__SENTINEL_PASSWORD=SENTINEL_PASSWORD,
        )

    yield start
    await starter.stop_all()
    print(starter.logs())


async def test_clients_follow_the_primary(watched: Watched, client: Client) -> None:
    await client.set("before", "1")
    await watched.primary.kill()
    await watched.until_promoted(watched.replica)
    await eventually(lambda: written(client))


async def test_replicas_in_touch_are_counted(watched: Watched, client: Client) -> None:
    assert await replicas_in_touch(client) == 1
    await watched.replica.kill()
    await eventually(lambda: nobody_follows(client))


async def nobody_follows(client: Client) -> bool:
    return await replicas_in_touch(client) == 0


async def written(client: Client) -> bool:
    try:
        return bool(await client.set("after", "1"))
    except StoreAway as error:
        raise AssertionError(str(error)) from None


@pytest.mark.slow
async def test_an_image_is_confirmed_only_when_the_replica_has_it_on_disk_too(
    watched: Watched,
    client: Client,
    start: Callable[[str], Child],
    mqtt_settings: Callable[[str], Broker],
    data: Path,
) -> None:
    start("ingest")
    source = RecordingSource()
    node = node_settings(mqtt_settings("garden"), data)

    def spooled() -> int:
        return len(list(node.spool_path.glob("*.capture")))

    async with running_node(node, source):
        await eventually(lambda: spooled() + 5 < len(source.taken), 30)  # some are confirmed
        await watched.part()
        goal = len(source.taken) + 20  # two seconds: the append-only files are synced each second
        await eventually(lambda: len(source.taken) >= goal)
        assert spooled() >= 20, "confirmed without the replica"
        await watched.primary.kill()  # with what the replica has never heard of
        await watched.until_promoted(watched.replica)
        await watched.primary.start()  # as the new primary's replica
        source.failing = "enough"
        await eventually(lambda: nothing_lost_nothing_doubled(client, source), 40)
        await eventually(lambda: spooled() == 0, 40)
