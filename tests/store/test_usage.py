"""Making room is fair: whoever has most gives first, oldest first, and kept images stay."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lookout.store.images import Images, NewImage
from lookout.store.retention.removal import carry_out, oldest, remove
from lookout.store.retention.usage import NOT_KEPT, ONLY_KEPT, Usage, shares_to_remove, usage
from lookout.store.search import Query

FIRST = 1_795_000_000.0  # Unix seconds


def image(node: str, milliseconds: int, size: int) -> NewImage:
    at = FIRST + milliseconds / 1000
    return NewImage(f"{node}:{round(at * 1000)}", node, at, at, 1, 1, b"x" * size)


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=20), st.integers(0, 100_000))
def test_what_is_removed_is_enough_and_levels_the_largest(sizes: list[int], need: int) -> None:
    used = [Usage(f"n{number}", 1, size, 0.0, 0.0) for number, size in enumerate(sizes)]
    removed = shares_to_remove(used, need)
    assert abs(sum(removed.values()) - min(need, sum(sizes))) <= len(sizes)
    left = {one.node: one.bytes - removed.get(one.node, 0) for one in used}
    if removed:
        assert max(left[node] for node in left) <= max(left[node] for node in removed) + 1


async def test_usage_counts_images_and_bytes_of_each_node(client: Any) -> None:
    batch = [image("barn", number * 1000, 10) for number in range(3)] + [image("gate", 0, 100)]
    await Images(client).store(batch, ttl=100)
    gate = Usage("gate", 1, 100, FIRST, FIRST)
    barn = Usage("barn", 3, 30, FIRST, FIRST + 2)
    assert await usage(client) == [gate, barn]
    assert await usage(client, nodes=["barn", "elsewhere"]) == [barn]


async def test_usage_tells_the_kept_from_the_others(client: Any) -> None:
    batch = [image("barn", number * 1000, 10) for number in range(3)]
    await Images(client).store(batch, ttl=100)
    await Images(client).keep(batch[1].id)
    assert await usage(client, ONLY_KEPT) == [Usage("barn", 1, 10, FIRST + 1, FIRST + 1)]
    assert await usage(client, NOT_KEPT) == [Usage("barn", 2, 20, FIRST, FIRST + 2)]


async def test_the_oldest_go_first_and_the_kept_stay(client: Any) -> None:
    store = Images(client)
    batch = [image("barn", number, 10) for number in range(500)]
    await store.store(batch, ttl=100)
    await store.keep(batch[1].id)
    assert await carry_out(client, oldest(client, "barn", size=2_500)) == (250, 2_500)
    page = await store.page(Query(descending=False, limit=3))
    assert [row["id"] for row in page.rows] == [batch[1].id, batch[251].id, batch[252].id]


async def test_no_more_is_removed_than_there_is(client: Any) -> None:
    await Images(client).store([image("barn", 1, 10)], ttl=100)
    assert await carry_out(client, oldest(client, "barn", size=1_000)) == (1, 10)
    assert await carry_out(client, oldest(client, "gate", size=1_000)) == (0, 0)


async def test_whoever_begins_to_keep_an_image_in_the_last_moment_keeps_it(client: Any) -> None:
    store = Images(client)
    batch = [image("barn", number, 10) for number in range(3)]
    await store.store(batch, ttl=100)
    async for group in oldest(client, "barn", images=3):
        await store.keep(batch[1].id)
        assert [victim.id for victim in await remove(client, group)] == [batch[0].id, batch[2].id]
    assert await store.life(batch[1].id) is None


async def test_one_that_was_kept_before_there_was_an_index_of_the_kept_stays(client: Any) -> None:
    await Images(client).store([image("barn", 1, 10)], ttl=100)
    await client.persist("image:barn:1795000000001")
    assert await carry_out(client, oldest(client, "barn", images=1)) == (0, 0)


async def test_an_image_that_is_another_than_the_one_chosen_stays(client: Any) -> None:
    batch = [image("barn", number, 10) for number in range(6)]
    await Images(client).store(batch, ttl=100)
    names = [f"image:{each.id}" for each in batch]
    async for group in oldest(client, "barn", images=6):
        await client.hset(names[0], "trigger", "command")
        await client.hset(names[1], "node", "gate")
        await client.hset(names[2], "timestamp", "1796000000.000")
        await client.hset(names[3], "kept", "1")
        await client.delete(names[4])
        assert [victim.id for victim in await remove(client, group)] == [batch[5].id]
    assert await client.exists(*names[:4]) == 4


async def test_thumbnails_go_with_their_image(client: Any) -> None:
    store, only = Images(client), image("barn", 1, 10)
    await store.store([only], ttl=100)
    await store.cache_thumbnail(only.id, 320, b"small")
    assert 0 < await client.ttl(f"thumb:{only.id}:320") <= 100
    await carry_out(client, oldest(client, "barn", images=1))
    assert [key async for key in client.scan_iter("*barn:*")] == []
