"""Who uses how much of the memory, and making room: the oldest of whoever has most goes first."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from lookout.store import keys
from lookout.store.client import Client
from lookout.store.search import Cursor, Index, Query

_KEPT: Final = -1  # the TTL of an image that somebody keeps
_CHUNK: Final = 200  # images looked at in one go


@dataclass(frozen=True, slots=True)
class Usage:
    """The images of one node: how many, and how many bytes of pictures."""

    node: str
    images: int
    bytes: int


async def usage(client: Client) -> list[Usage]:
    """What each node uses, most first."""
    answer: list[Any] = await client.execute_command(
        *("FT.AGGREGATE", keys.IMAGES_INDEX, "*"),
        *("GROUPBY", 1, "@node", "REDUCE", "SUM", 1, "@size", "AS", "bytes"),
        *("REDUCE", "COUNT", 0, "AS", "images", "LIMIT", 0, 100_000),
    )
    found = [dict(_pairs(row)) for row in answer[1:]]
    each = [Usage(row["node"], int(row["images"]), int(float(row["bytes"]))) for row in found]
    return sorted(each, key=lambda one: (-one.bytes, one.node))


def shares_to_remove(used: list[Usage], need: int) -> dict[str, int]:
    """How many bytes to take from each node so that `need` are freed and the largest shrink alike.

    As water finds its level: the largest come down to the next largest, then both, and so on.
    """
    sizes = sorted((one.bytes for one in used), reverse=True)
    level = 0.0
    for number, lower in enumerate([*sizes[1:], 0], start=1):
        freed = sum(sizes[:number]) - number * lower
        if freed >= need:
            level = lower + (freed - need) / number
            break
    return {one.node: round(one.bytes - level) for one in used if one.bytes > level}


async def remove_oldest(client: Client, node: str, need: int) -> tuple[int, int]:
    """Remove a node's oldest images that nobody keeps, until `need` bytes are gone.

    How many images and bytes were removed; fewer where there are no more.
    """
    index = Index(client, keys.IMAGES_INDEX, keys.IMAGE_PREFIX, ("timestamp", "size"))
    images, freed, cursor = 0, 0, None
    while freed < need:
        query = Query(tags={"node": [node]}, descending=False, limit=_CHUNK, cursor=cursor)
        page = await index.page(query)
        gone = list(_enough(await _not_kept(client, page.rows), need - freed))
        if gone:
            await client.unlink(*(keys.image(identifier) for identifier, _ in gone))
        images, freed = images + len(gone), freed + sum(size for _, size in gone)
        if page.next is None:
            break
        cursor = Cursor.decode(page.next)
    return images, freed


async def _not_kept(client: Client, rows: list[dict[str, str]]) -> list[tuple[str, int]]:
    async with client.pipeline(transaction=False) as pipe:
        for row in rows:
            pipe.ttl(keys.image(row["id"]))
        lives = await pipe.execute() if rows else []
    return [
        (row["id"], int(row.get("size", 0)))
        for row, life in zip(rows, lives, strict=True)
        if life != _KEPT
    ]


def _enough(candidates: list[tuple[str, int]], need: int) -> Iterator[tuple[str, int]]:
    for identifier, size in candidates:
        if need <= 0:
            return
        need -= size
        yield identifier, size


def _pairs(row: list[bytes]) -> Iterator[tuple[str, str]]:
    for key, value in zip(row[::2], row[1::2], strict=True):
        yield key.decode(), value.decode()
