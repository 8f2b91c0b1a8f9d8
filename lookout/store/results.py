"""What was seen in an image: written to it, and its stream entry acknowledged, in one step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from lookout.contract.images import IMAGE_FIELDS
from lookout.contract.limits import FARTHEST_CLOCK
from lookout.store import keys
from lookout.store.client import Client
from lookout.store.groups import Entry, Group

RECENT_SECONDS: Final = 86_400  # what was seen longer ago tells nothing of what is there now
LOOKED_SECONDS: Final = 3_600  # how long it is known that a stretch of time had its image
# KEYS: the image, the stream, the node, the changes, its last images. ARGV: the group, the entry,
# when the image was taken, how many people, how far a clock may be ahead, the image's id where open
# pages are to hear of it, how many changes are kept, what was seen, how many of those are kept, how
# long, then fields and values. What can fail for want of memory is first: Redis takes nothing back
# that a script has done.
_WRITE: Final = """
if #redis.call('XPENDING', KEYS[2], ARGV[1], ARGV[2], ARGV[2], 1) == 0 then return {'twice'} end
if redis.call('EXISTS', KEYS[1]) == 0 then
    redis.call('XACK', KEYS[2], ARGV[1], ARGV[2])
    return {'expired'}
end
redis.call('HSET', KEYS[1], unpack(ARGV, 11))
if ARGV[6] ~= '' then
    redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[7], '*', 'what', 'seen', 'ids', ARGV[6])
end
local recent = {}
local last = tonumber(redis.call('HGET', KEYS[3], 'people_at') or 0)
local far = redis.call('TIME')[1] + tonumber(ARGV[5])
if tonumber(ARGV[3]) >= last or last > far then
    redis.call('LPUSH', KEYS[5], ARGV[8])
    redis.call('LTRIM', KEYS[5], 0, ARGV[9] - 1)
    redis.call('EXPIRE', KEYS[5], ARGV[10])
    recent = redis.call('LRANGE', KEYS[5], 0, -1)
    redis.call('HSET', KEYS[3], 'people', ARGV[4], 'people_at', ARGV[3])
end
redis.call('XACK', KEYS[2], ARGV[1], ARGV[2])
return {'written', unpack(recent)}
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is looked at: the bytes, and what is known of the image already."""

    jpeg: bytes | None  # None: it has expired, or its bytes have
    people: bool  # whether the camera itself has counted them
    context_id: str | None


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a result.

    `recent`: what was seen in the node's last images, the newest first, if this is the newest.
    """

    outcome: Literal["written", "expired", "twice"]
    recent: tuple[str, ...] = ()


async def read(client: Client, image_id: str) -> Seen:
    """An image's bytes. Raises a StoreError."""
    row = await client.hmget(keys.image(image_id), "image_data", "people", "detector", "context_id")
    data, people, detector, context = row
    return Seen(
        data, people is not None and detector is None, context.decode() if context else None
    )


async def write(
    group: Group,
    entry: Entry,
    people: int,
    fields: Mapping[str, str | int | float],
    *,
    seen: str = "{}",
    keep: int = 2,
) -> Written:
    """Write what was seen where the image still exists, and acknowledge it; once, whoever is first.

    `seen` is kept of the node's last `keep` images. Raises a StoreError, and then nothing is
    written.
    """
    assert fields.keys() <= IMAGE_FIELDS.keys()  # noqa: S101 - a slip of ours
    pairs = [word for pair in fields.items() for word in pair]
    outcome, *recent = await group.client.eval(
        _WRITE,
        5,
        keys.image(entry.fields["id"]),
        group.stream,
        keys.node(entry.fields["node"]),
        keys.CHANGES_STREAM,
        keys.recent(entry.fields["node"]),
        group.name,
        entry.id,
        entry.fields["timestamp"],
        people,
        FARTHEST_CLOCK,
        entry.fields["id"] if fields.get("labels") else "",  # what shows nothing new is no news
        keys.CHANGES_STREAM_LENGTH,
        seen,
        keep,
        RECENT_SECONDS,
        *pairs,
    )
    return Written(outcome.decode(), tuple(each.decode() for each in recent))


async def take_slot(client: Client, node: str, timestamp: float, every: float) -> bool:
    """Whether an image is the first to be looked at of its node's stretch of `every` seconds."""
    key = keys.looked_at(node, int(timestamp // every))
    return bool(await client.set(key, "1", nx=True, ex=max(LOOKED_SECONDS, int(2 * every))))


async def server_time(client: Client) -> float:
    """Redis' clock, Unix seconds: the ids of its streams are by it, wherever a worker runs."""
    seconds, microseconds = await client.time()
    return int(seconds) + int(microseconds) / 1e6
