"""Images are written once, whoever writes them."""

import asyncio
from typing import Any

from lookout.store import keys
from lookout.store.images import Images, NewImage


async def test_workers_that_store_the_same_image_at_once_tell_of_it_once(client: Any) -> None:
    workers = [Images(client) for _ in range(3)]
    for number in range(50):
        at = 1_795_000_000.0 + number
        image = NewImage(f"garden:{round(at * 1000)}", "garden", at, at, 1, 1, b"x")
        new = await asyncio.gather(*(worker.store([image], ttl=100) for worker in workers))
        assert sorted(new) == [0, 0, 1]
    assert await client.xlen(keys.IMAGES_STREAM) == 50
    assert await client.hget(keys.node("garden"), "images") == b"50"
