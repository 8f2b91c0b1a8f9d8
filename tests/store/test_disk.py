"""What counts as being on disk."""

from pathlib import Path
from typing import Any

from lookout.embedded.redis_server import RedisServer
from lookout.host.settings import Redis
from lookout.store.client import on_disk, opened
from lookout.store.disk import Disk


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


class Asked:
    """A client that notes what it is asked besides pipelines."""

    def __init__(self, client: Any) -> None:
        self.client, self.asked = client, list[str]()

    def __getattr__(self, name: str) -> Any:
        if name != "pipeline":
            self.asked.append(name)
        return getattr(self.client, name)


async def test_whether_there_is_a_file_is_asked_once_and_keys_in_the_same_round_trip(
    client: Any,
) -> None:
    await client.set("there", "1")
    asked = Asked(client)
    disk = Disk(asked, "receipts:1", replicas=0)
    found = [await disk.holds(["there", "gone"]), await disk.holds([]), await disk.holds(["there"])]
    assert found == [1, 0, 1]
    assert asked.asked == ["info"]


async def test_a_file_that_is_given_up_or_begun_meanwhile_is_noticed(client: Any) -> None:
    disk = Disk(client, "receipts:1", replicas=0)
    assert await disk.holds(["gone"]) == 0
    await client.config_set("appendonly", "no")
    try:
        assert await disk.holds(["gone"]) == 0
    finally:
        await client.config_set("appendonly", "yes")
    asked = Asked(client)
    disk._client = asked
    assert [await disk.holds([]), await disk.holds([])] == [0, 0]
    assert asked.asked == ["info"]
