"""Images are kept for good within a quota, and no rule touches them."""

import asyncio

import pytest

from lookout.store.client import Client
from lookout.store.images import Images
from lookout.store.retention import keeping
from lookout.store.retention import rules as retention
from lookout.store.retention.keeping import Kept, QuotaReached
from lookout.store.retention.removal import carry_out, oldest
from lookout.store.retention.rules import Retention
from tests.support.many import left, stored

NOW = 1_795_000_000.0
DAY = 86_400


async def test_what_is_kept_has_no_end_and_no_rule_takes_it(client: Client) -> None:
    ids = await stored(client, "garden", [NOW + number for number in range(5)])
    assert await keeping.keep(client, ids[0])
    assert await client.ttl(f"image:{ids[0]}") == -1
    assert await carry_out(client, oldest(client, "garden", images=99, size=10**9)) == (4, 40)
    assert await left(client, "garden") == {ids[0]}


async def test_at_the_quota_it_says_how_much_is_used_what_is_allowed_and_what_to_do(
    client: Client,
) -> None:
    ids = await stored(client, "garden", [NOW + number for number in range(4)], size=600)
    await retention.save(client, Retention(keep_images=2))
    for identifier in (ids[0], ids[1], ids[1]):  # again is not one more
        assert await keeping.keep(client, identifier)
    with pytest.raises(QuotaReached) as reached:
        await keeping.keep(client, ids[2])
    assert str(reached.value) == (
        "2 of 2 pictures that may be kept are kept already. "
        "Let some go, or raise LOOKOUT_RETENTION__KEEP_IMAGES."
    )
    assert reached.value.kept == Kept(images=2, bytes=1200, most_images=2, most_bytes=0)
    assert reached.value.kept.share == 1.0
    assert await Images(client).life(ids[2])

    await retention.save(client, Retention(keep_bytes=1_500))
    with pytest.raises(
        QuotaReached, match=r"Pictures of 1\.2 KB are kept and 1\.5 KB may be; this"
    ):
        await keeping.keep(client, ids[2])
    assert await keeping.release(client, ids[0])
    assert await keeping.keep(client, ids[2])


async def test_without_other_rules_a_quarter_of_redis_memory_may_be_kept(client: Client) -> None:
    await client.config_set("maxmemory", 100_000_000)
    ids = await stored(client, "garden", [NOW, NOW + 1], size=13_000_000)
    assert await keeping.keep(client, ids[0])
    with pytest.raises(QuotaReached, match=r"25\.0 MB may be.*KEEP_SHARE"):
        await keeping.keep(client, ids[1])


async def test_those_who_keep_at_once_do_not_pass_the_quota_together(client: Client) -> None:
    ids = await stored(client, "garden", [NOW + number for number in range(8)])
    await retention.save(client, Retention(keep_images=3))
    answers = await asyncio.gather(
        *(keeping.keep(client, identifier) for identifier in ids), return_exceptions=True
    )
    assert answers.count(True) == 3
    assert sum(isinstance(answer, QuotaReached) for answer in answers) == 5


async def test_what_is_let_go_lives_as_long_as_its_node_says_and_its_thumbnails_no_longer(
    client: Client,
) -> None:
    await retention.save(client, Retention(node_ttl={"garden": DAY}))
    (only,) = await stored(client, "garden", [NOW])
    await keeping.keep(client, only)
    await Images(client).cache_thumbnail(only, 320, b"small")
    assert await keeping.release(client, only)
    assert DAY - 60 < await client.ttl(f"image:{only}") <= DAY
    assert not await client.exists(f"thumb:{only}:320")


async def test_letting_go_what_is_not_kept_changes_nothing(client: Client) -> None:
    (only,) = await stored(client, "garden", [NOW], ttl=500)
    assert await keeping.release(client, only)
    assert await client.ttl(f"image:{only}") <= 500


async def test_what_is_not_there_is_neither_kept_nor_let_go(client: Client) -> None:
    assert not await keeping.keep(client, "garden:1")
    assert not await keeping.release(client, "garden:1")
    assert not await client.exists("image:garden:1")
