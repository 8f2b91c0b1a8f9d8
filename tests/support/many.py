"""Many small images in Redis, as if their node had sent them."""

from collections.abc import Sequence

from lookout.store.client import Client
from lookout.store.images import Images, NewImage

WEEK = 7 * 86_400


async def stored(
    client: Client,
    node: str,
    times: Sequence[float],
    *,
    size: int = 10,
    trigger: str | None = None,
    ttl: int = WEEK,
) -> list[str]:
    """Store an image of `size` bytes for each of these Unix times: their ids, in that order."""
    batch = [
        NewImage(
            f"{node}:{round(at * 1000)}",
            node,
            at,
            at,
            1,
            1,
            b"x" * size,
            told={"trigger": trigger},
        )
        for at in times
    ]
    for start in range(0, len(batch), 500):
        await Images(client).store(batch[start : start + 500], ttl=ttl)
    return [image.id for image in batch]


async def left(client: Client, node: str) -> set[str]:
    """The ids of a node's images that are there."""
    keys = [key.decode() async for key in client.scan_iter(f"image:{node}:*", count=1000)]
    return {key.removeprefix("image:") for key in keys}
