"""`lookout storage`: who uses the memory, and what would go."""

from collections.abc import AsyncIterator

import pytest

from lookout.host.settings import Redis
from lookout.store.client import Client, opened
from lookout.store.images import Images, NewImage
from lookout.store.index import ensure_indexes
from tests.cli.conftest import Cli


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Client]:
    async with opened(Redis(url=redis_url)) as client:
        await ensure_indexes(client)
        batch = [
            NewImage(f"{node}:{number}", node, number / 1000, 0.0, 1, 1, b"x" * size)
            for node, size in (("barn", 1000), ("gate", 3000))
            for number in range(1, 4)
        ]
        await Images(client).store(batch, ttl=60)
        yield client


async def test_shows_each_nodes_part(on_store: Cli, client: Client) -> None:
    said = await on_store("storage")
    rows = {line.split()[0]: line.split() for line in said.out.splitlines() if line.strip()}
    assert (said.code, said.err) == (0, "")
    assert rows["gate"] == ["gate", "3", "9.0", "KB", "75%"]
    assert rows["barn"] == ["barn", "3", "3.0", "KB", "25%"]
    assert "without a limit" in said.out


async def test_a_dry_run_takes_from_whoever_has_most_and_removes_nothing(
    on_store: Cli, client: Client
) -> None:
    said = await on_store("storage", "--dry-run", "6KB", "--json")
    would_go = {row["node"]: row["would_go"] for row in said.document["nodes"]}
    assert would_go == {"gate": 6000, "barn": 0}
    assert await client.exists("image:gate:1")


@pytest.mark.parametrize("size", ["much", "-5MB", "0", "5XB"])
async def test_a_size_that_is_none_is_refused(on_store: Cli, client: Client, size: str) -> None:
    said = await on_store("storage", f"--dry-run={size}")
    assert said.code == 2
    assert "500MB" in said.err
