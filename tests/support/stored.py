"""What is in Redis, compared with what the cameras took."""

from typing import Any

from lookout.store import keys
from lookout.store.errors import StoreAway
from tests.support.nodes import RecordingSource
from tests.support.waiting import eventually

RECOVERY = 60.0  # seconds


async def hashes(client: Any) -> dict[str, dict[bytes, bytes]]:
    """Every image: key -> hash."""
    found = {}
    async for key in client.scan_iter(match=f"{keys.IMAGE_PREFIX}*", count=1000):
        found[key.decode()] = await client.hgetall(key)
    return found


async def nothing_lost_nothing_doubled(client: Any, *sources: RecordingSource) -> bool:
    """Whether every capture is in Redis exactly once, with its own bytes and its own time."""
    try:
        found = await hashes(client)
        told = [fields[b"id"] for _, fields in await client.xrange(keys.IMAGES_STREAM)]
    except StoreAway as error:
        raise AssertionError(f"Redis is away: {error}") from None
    stored = {fields[b"image_data"]: float(fields[b"timestamp"]) for fields in found.values()}
    assert len(stored) == len(found), "some picture is stored twice"
    taken = {jpeg: at for source in sources for jpeg, at in source.taken.items()}
    missing = taken.keys() - stored.keys()
    assert not missing, f"{len(missing)} of {len(taken)} are missing"
    assert stored == taken
    assert len(told) == len(set(told)) == len(found), "the stream tells another number"
    return True


async def all_is_stored(client: Any, source: RecordingSource) -> None:
    """Take no more, and wait until every capture is in Redis exactly once."""
    source.failing = "enough"
    await eventually(lambda: nothing_lost_nothing_doubled(client, source), RECOVERY)
