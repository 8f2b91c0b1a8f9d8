"""What counts as being on disk."""

from pathlib import Path
from typing import Any

from lookout.embedded.redis_server import RedisServer
from lookout.host.settings import Redis
from lookout.store.client import on_disk, opened


async def test_a_write_is_on_the_servers_own_disk_within_a_second_or_two(client: Any) -> None:
    assert await on_disk(client, "receipts:1")


async def test_without_the_replica_that_was_asked_for_it_is_not_on_disk(client: Any) -> None:
    assert not await on_disk(client, "receipts:1", replicas=1, milliseconds=50)


async def test_a_server_without_an_append_only_file_can_still_be_asked_for_its_replicas(
    tmp_path: Path,
) -> None:
    server = RedisServer(tmp_path, password="secret of the tests", appendonly=False)
    async with server, opened(Redis(url=server.url)) as client:
        found = await on_disk(client, "receipts:1", local=False, replicas=1, milliseconds=50)
        assert not found
