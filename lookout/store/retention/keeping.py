"""Keeping images for good, as far as the hub's quota goes, and letting them go again."""

from dataclasses import dataclass
from typing import Final

from lookout.amounts.sizes import format_size
from lookout.errors import LookoutError
from lookout.store import keys
from lookout.store.client import Client
from lookout.store.images import Images
from lookout.store.locks.alone import alone
from lookout.store.memory import memory
from lookout.store.retention import rules as retention
from lookout.store.retention.rules import Retention
from lookout.store.retention.usage import ONLY_KEPT, usage

LOCK_SECONDS: Final = 10.0
_ADVICE: Final = "Let some go, or raise LOOKOUT_RETENTION__KEEP_"
_RELEASE: Final = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HDEL', KEYS[1], 'kept')
if redis.call('TTL', KEYS[1]) == -1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return 1
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """How many images are kept, with how many bytes, and how much may be; 0: no limit."""

    images: int
    bytes: int
    most_images: int
    most_bytes: int
    of_memory: bool = False  # whether most_bytes is a part of Redis' memory

    @property
    def share(self) -> float:
        """How much of the quota is used, 0 to 1; 0 where there is none."""
        pairs = ((self.images, self.most_images), (self.bytes, self.most_bytes))
        return max((used / most for used, most in pairs if most), default=0.0)


class QuotaReached(LookoutError):
    """No more images may be kept; the message says how many are, how many may be, what to do."""

    def __init__(self, message: str, kept: Kept) -> None:
        super().__init__(message)
        self.kept = kept


async def keep(client: Client, image_id: str) -> bool:
    """Let an image never expire. False when there is none; raises QuotaReached."""
    size = await client.hget(keys.image(image_id), "size")
    if size is None:
        return False
    # One at a time, or two that each fit would not both.
    async with alone(client, keys.turn("keep"), seconds=LOCK_SECONDS):
        if await client.ttl(keys.image(image_id)) >= 0:
            _check(await kept(client, await retention.load(client)), int(size))
        return await Images(client).keep(image_id)


async def release(client: Client, image_id: str) -> bool:
    """Let an image that is kept expire again, in its node's time from now. False: there is none."""
    rules = await retention.load(client)
    seconds = rules.lifetime(image_id.partition(":")[0])
    found = bool(await client.eval(_RELEASE, 1, keys.image(image_id), seconds))
    # Thumbnails made meanwhile have no end either; they are made again when somebody looks.
    await client.unlink(*(keys.thumbnail(image_id, width) for width in keys.THUMBNAIL_WIDTHS))
    return found


async def kept(client: Client, rules: Retention) -> Kept:
    """What is kept now, and what may be by these rules."""
    used = await usage(client, ONLY_KEPT)
    share = round(rules.keep_share * (await memory(client)).limit)
    of_memory = bool(share) and (not rules.keep_bytes or share < rules.keep_bytes)
    return Kept(
        images=sum(one.images for one in used),
        bytes=sum(one.bytes for one in used),
        most_images=rules.keep_images,
        most_bytes=share if of_memory else rules.keep_bytes,
        of_memory=of_memory,
    )


def _check(now: Kept, size: int) -> None:
    """Raises QuotaReached when one more of `size` bytes is too much."""
    if now.most_images and now.images >= now.most_images:
        raise QuotaReached(
            f"{now.images:,} of {now.most_images:,} pictures that may be kept are kept already. "
            f"{_ADVICE}IMAGES.",
            now,
        )
    if now.most_bytes and now.bytes + size > now.most_bytes:
        setting = "SHARE" if now.of_memory else "BYTES"
        raise QuotaReached(
            f"Pictures of {format_size(now.bytes)} are kept and {format_size(now.most_bytes)} may "
            f"be; this one has {format_size(size)}. {_ADVICE}{setting}.",
            now,
        )
