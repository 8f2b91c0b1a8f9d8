"""`lookout keep`: pictures for good, within the quota, and back."""

from collections.abc import AsyncIterator

import pytest

from lookout.host.settings import Redis
from lookout.store.client import Client, opened
from lookout.store.index import ensure_indexes
from lookout.store.retention import rules as retention
from lookout.store.retention.rules import Retention
from tests.cli.conftest import Cli
from tests.support.many import stored


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Client]:
    async with opened(Redis(url=redis_url)) as client:
        await ensure_indexes(client)
        await stored(client, "garden", [1.0, 2.0])
        await retention.save(client, Retention(keep_images=1))
        yield client


async def test_keeps_lists_refuses_at_the_quota_and_lets_go(on_store: Cli, client: Client) -> None:
    said = await on_store("keep", "garden:1000", "garden:2000")
    assert (said.code, said.out) == (1, "garden:1000 is kept.\n")
    assert "garden:2000 is not kept. 1 of 1 pictures" in said.err
    assert await client.ttl("image:garden:1000") == -1

    listed = (await on_store("images", "--kept", "--json")).document["images"]
    assert [image["id"] for image in listed] == ["garden:1000"]

    said = await on_store("keep", "--let-go", "garden:1000")
    assert (said.code, said.out) == (0, "garden:1000 expires again.\n")
    assert await client.ttl("image:garden:1000") > 0


@pytest.mark.parametrize(("image", "code"), [("garden:3", 1), ("garden", 2), ("../x:1", 2)])
async def test_what_is_no_picture_is_named(
    on_store: Cli, client: Client, image: str, code: int
) -> None:
    said = await on_store("keep", image)
    assert said.code == code
    assert image.partition(":")[0] in said.err
