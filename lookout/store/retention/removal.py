"""Removing images by rule: the oldest first, in groups, never what somebody keeps.

What a rule would remove is a plan of groups of victims; carrying it out or showing it is up to the
caller, so that both speak of the same images.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from lookout.store import changes, keys
from lookout.store.client import Client, keeps_append_only_file, on_disk
from lookout.store.errors import StoreAway, StoreError
from lookout.store.search import Cursor, Index, Query, Row

GROUP: Final = 500  # images looked at and removed in one go
KEPT: Final = ("1",)  # the tag `kept` of those that are
_FOR_EVER: Final = -1  # answer of the TTL command for what is kept
# Looked at and removed in one step, so that nobody can begin to keep it in between, and by what its
# hash says, whatever a search said of it. ARGV: names of fields and the values that they must have.
IF_STILL: Final = """
if redis.call('TTL', KEYS[1]) == -1 or redis.call('HGET', KEYS[1], 'kept') == '1' then return 0 end
for at = 1, #ARGV, 2 do
    if (redis.call('HGET', KEYS[1], ARGV[at]) or '') ~= ARGV[at + 1] then return 0 end
end
return redis.call('UNLINK', KEYS[1])
"""
SEEN: Final = ("node", "timestamp", "trigger", "size")  # by which images are chosen


@dataclass(frozen=True, slots=True)
class Victim:
    """An image that a rule takes, and the bytes of its picture.

    `seen` are names and values of the fields of its hash by which it was chosen: an image that has
    others when it is to be removed is left alone.
    """

    id: str
    size: int
    seen: tuple[str, ...] = ()


Plan = AsyncIterator[Sequence[Victim]]


async def oldest(
    client: Client, node: str, *, images: int = 0, size: int = 0, besides: int = 0
) -> Plan:
    """A node's oldest that nobody keeps, until there are `images` of them with `size` bytes.

    Each counts as its picture and so many bytes `besides`.
    """
    index = Index(client, keys.IMAGES_INDEX, keys.IMAGE_PREFIX, (*SEEN, "kept"))
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
        group = list(_enough(await mortal(client, node, page.rows), images, size, besides))
        images, size = images - len(group), size - _needed(group, besides)
        if group:
            yield group
        if page.next is None:
            return
        cursor = Cursor.decode(page.next)


async def always() -> bool:
    """For what is to be done whatever happens meanwhile."""
    return True


async def carry_out(
    client: Client, plan: Plan, go_on: Callable[[], Awaitable[bool]] = always
) -> tuple[int, int]:
    """Remove what the plan names: how many images and bytes have gone.

    `go_on` is asked before each group: a plan is as old as what it was made of.
    """
    images = size = 0
    async for group in plan:
        if not await go_on():
            break
        gone = await remove(client, group)
        images, size = images + len(gone), size + sum(each.size for each in gone)
    return images, size


async def remove(client: Client, victims: Sequence[Victim]) -> list[Victim]:
    """Remove images with their thumbnails; those that have gone.

    What is kept by now, or is another image by now than the one that was chosen, stays.
    """
    async with client.pipeline(transaction=False) as pipe:
        for victim in victims:
            pipe.eval(IF_STILL, 1, keys.image(victim.id), *victim.seen)
        answers = await pipe.execute()
        gone = [victim for victim, answer in zip(victims, answers, strict=True) if answer]
        for victim in gone:
            pipe.unlink(*(keys.thumbnail(victim.id, width) for width in keys.THUMBNAIL_WIDTHS))
        await pipe.execute()
    await changes.tell(client, "deleted", [victim.id for victim in gone])
    return gone


async def mortal(client: Client, node: str, rows: Sequence[Row]) -> list[Victim]:
    """Those of these images that are the node's and expire one day, so may be removed before."""
    own = [row for row in rows if row.get("node") == node and row.get("kept") not in KEPT]
    async with client.pipeline(transaction=False) as pipe:
        for row in own:
            pipe.ttl(keys.image(row["id"]))
        lives = await pipe.execute()
    return [_victim(row) for row, life in zip(own, lives, strict=True) if life != _FOR_EVER]


def _victim(row: Row) -> Victim:
    seen = [word for name in SEEN for word in (name, row.get(name, ""))]
    return Victim(row["id"], int(row.get("size", 0)), tuple(seen))


async def is_settled(client: Client) -> bool:
    """Whether all that is in Redis now is on disk too: only that has been confirmed to its node.

    True as well where the server keeps no file, or cannot tell.
    """
    try:
        if not await keeps_append_only_file(client):
            return True
        return await on_disk(client, keys.receipts("rules"))
    except StoreAway:
        raise
    except StoreError:  # before Redis 7.2, or without the right to ask
        return True


def _enough(victims: Iterable[Victim], images: int, size: int, besides: int) -> Iterable[Victim]:
    for victim in victims:
        if images <= 0 and size <= 0:
            return
        images, size = images - 1, size - _needed([victim], besides)
        yield victim


def _needed(victims: Sequence[Victim], besides: int) -> int:
    return sum(each.size for each in victims) + besides * len(victims)
