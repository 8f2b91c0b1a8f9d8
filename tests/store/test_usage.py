"""Making room is fair: whoever has most gives first, oldest first, and kept images stay."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout.host.settings import Redis as RedisSettings
from lookout.store.client import opened
from lookout.store.images import Images, NewImage
from lookout.store.index import ensure_indexes
from lookout.store.search import Query
from lookout.store.usage import Usage, remove_oldest, shares_to_remove, usage


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Any]:
    async with opened(RedisSettings(url=redis_url)) as redis:
        await ensure_indexes(redis)
        yield redis


def image(node: str, milliseconds: int, size: int) -> NewImage:
    at = 1_795_000_000 + milliseconds / 1000
    return NewImage(f"{node}:{round(at * 1000)}", node, at, at, 1, 1, b"x" * size)


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=20), st.integers(0, 100_000))
def test_what_is_removed_is_enough_and_levels_the_largest(sizes: list[int], need: int) -> None:
    used = [Usage(f"n{number}", 1, size) for number, size in enumerate(sizes)]
    removed = shares_to_remove(used, need)
    assert abs(sum(removed.values()) - min(need, sum(sizes))) <= len(sizes)
    left = {one.node: one.bytes - removed.get(one.node, 0) for one in used}
    if removed:
        assert max(left[node] for node in left) <= max(left[node] for node in removed) + 1


async def test_usage_counts_images_and_bytes_of_each_node(client: Any) -> None:
    batch = [image("barn", number, 10) for number in range(3)] + [image("gate", 1, 100)]
    await Images(client).store(batch, ttl=100)
    assert await usage(client) == [Usage("gate", 1, 100), Usage("barn", 3, 30)]


async def test_the_oldest_go_first_and_the_kept_stay(client: Any) -> None:
    store = Images(client)
    batch = [image("barn", number, 10) for number in range(500)]
    await store.store(batch, ttl=100)
    await store.keep(batch[1].id)
    assert await remove_oldest(client, "barn", 2_500) == (250, 2_500)
    page = await store.page(Query(descending=False, limit=3))
    assert [row["id"] for row in page.rows] == [batch[1].id, batch[251].id, batch[252].id]


async def test_no_more_is_removed_than_there_is(client: Any) -> None:
    await Images(client).store([image("barn", 1, 10)], ttl=100)
    assert await remove_oldest(client, "barn", 1_000) == (1, 10)
    assert await remove_oldest(client, "gate", 1_000) == (0, 0)
