"""A Redis Cluster is refused at the start, and no image is lost to one."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from redis.asyncio import Redis as PlainClient

from lookout.embedded.child import Child
from lookout.embedded.ports import free_port
from lookout.embedded.redis_server import RedisServer
from lookout.store.errors import IN_CLUSTER, StoreAway, translated


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[RedisServer]:
    """A cluster of one server, which has the rules of all clusters."""
    server = RedisServer(tmp_path / "cluster", password="of the cluster")
    server.configure("cluster-enabled yes", f"cluster-port {free_port()}")
    async with server:
        async with PlainClient.from_url(server.url) as client:
            await client.cluster("ADDSLOTSRANGE", 0, 16383)
        yield server


async def test_a_service_says_what_to_run_instead_and_ends(
    cluster: RedisServer, service: Callable[..., Child]
) -> None:
    ingest = service("ingest", LOOKOUT_REDIS__URL=cluster.url)
    await ingest.ended(20)
    assert ingest.exit_code == 1
    said = ingest.last_lines(50)
    assert "is a cluster" in said
    assert "redis+sentinel://" in said
    assert "Traceback" not in said
    assert "of the cluster" not in said


def test_what_a_cluster_answers_is_waited_for_and_never_taken_for_a_bad_image() -> None:
    assert all(isinstance(translated(kind("1 a:1")), StoreAway) for kind in IN_CLUSTER)
