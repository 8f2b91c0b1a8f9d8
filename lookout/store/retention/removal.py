"""Removing images by rule: the oldest first, in groups, never what somebody keeps.

What a rule would remove is a plan of groups of victims; carrying it out or showing it is up to the
caller, so that both speak of the same images.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from lookout.store import keys
from lookout.store.client import TRANSIENT, Client, StoreError, keeps_append_only_file, on_disk
from lookout.store.search import Cursor, Index, Query, Row

GROUP: Final = 500  # images looked at and removed in one go
KEPT: Final = ("1",)  # the tag `kept` of those that are
_FOR_EVER: Final = -1  # answer of the TTL command for what is kept
# Looked at and removed in one step, so that nobody can begin to keep it in between.
_UNLESS_KEPT: Final = (
    "if redis.call('TTL', KEYS[1]) == -1 then return 0 end return redis.call('UNLINK', KEYS[1])"
)


@dataclass(frozen=True, slots=True)
class Victim:
    """An image that a rule takes, and the bytes of its picture."""

    id: str
    size: int


Plan = AsyncIterator[Sequence[Victim]]


async def oldest(client: Client, node: str, *, images: int = 0, size: int = 0) -> Plan:
    """A node's oldest that nobody keeps, until there are `images` of them with `size` bytes."""
    index = Index(client, keys.IMAGES_INDEX, keys.IMAGE_PREFIX, ("size",))
    cursor = None
    while images > 0 or size > 0:
        page = await index.page(
            Query(
                tags={"node": [node]},
                without={"kept": KEPT},
                descending=False,
                limit=GROUP,
                cursor=cursor,
            )
        )
        group = list(_enough(await mortal(client, page.rows), images, size))
        images, size = images - len(group), size - sum(each.size for each in group)
        if group:
            yield group
        if page.next is None:
            return
        cursor = Cursor.decode(page.next)


async def carry_out(client: Client, plan: Plan) -> tuple[int, int]:
    """Remove what the plan names: how many images and bytes have gone."""
    images = size = 0
    async for group in plan:
        gone = await remove(client, group)
        images, size = images + len(gone), size + sum(each.size for each in gone)
    return images, size


async def remove(client: Client, victims: Sequence[Victim]) -> list[Victim]:
    """Remove images with their thumbnails; those that have gone, without what is kept by now."""
    async with client.pipeline(transaction=False) as pipe:
        for victim in victims:
            pipe.eval(_UNLESS_KEPT, 1, keys.image(victim.id))
        answers = await pipe.execute()
        gone = [victim for victim, answer in zip(victims, answers, strict=True) if answer]
        for victim in gone:
            pipe.unlink(*(keys.thumbnail(victim.id, width) for width in keys.THUMBNAIL_WIDTHS))
        await pipe.execute()
    return gone


async def mortal(client: Client, rows: Sequence[Row]) -> list[Victim]:
    """Those of these images that will expire one day, and so may be removed before."""
    async with client.pipeline(transaction=False) as pipe:
        for row in rows:
            pipe.ttl(keys.image(row["id"]))
        lives = await pipe.execute()
    return [
        Victim(row["id"], int(row.get("size", 0)))
        for row, life in zip(rows, lives, strict=True)
        if life != _FOR_EVER
    ]


async def is_settled(client: Client) -> bool:
    """Whether all that is in Redis now is on disk too: only that has been confirmed to its node.

    True as well where the server keeps no file, or cannot tell.
    """
    try:
        if not await keeps_append_only_file(client):
            return True
        return await on_disk(client, keys.receipts("rules"))
    except TRANSIENT:
        raise
    except StoreError:  # before Redis 7.2, or without the right to ask
        return True


def _enough(victims: Iterable[Victim], images: int, size: int) -> Iterable[Victim]:
    for victim in victims:
        if images <= 0 and size <= 0:
            return
        images, size = images - 1, size - victim.size
        yield victim
