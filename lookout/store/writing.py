"""A batch of images in one transaction and one round trip, whoever else writes at that moment.

What depends on what is there already is decided by scripts inside the transaction: whether an image
is new, whether it is kept, whether it is its node's newest. The images themselves go beside the
scripts, as hashes: a script would copy their bytes twice.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from lookout.contract.limits import FARTHEST_CLOCK, LONGEST_LIFE
from lookout.store import keys
from lookout.store.client import Client

# KEYS: where the lives go, then the images. TTL says -2 of what is not there, -1 of what is kept.
_BEFORE: Final = """
for at = 2, #KEYS do redis.call('RPUSH', KEYS[1], redis.call('TTL', KEYS[at])) end
"""
# KEYS: the lives, the stream, the set of nodes. ARGV: the stream's length; of each image its key,
# id, node, timestamp, seconds to live and, where our clock dates it, the setting of its node's
# clock; of each node its key, name, when it was last heard of, its newest image of this batch and
# when that was taken; limits, and where lives are noted that begin later.
_AFTER: Final = """
local lives = redis.call('LRANGE', KEYS[1], 0, -1)
redis.call('DEL', KEYS[1])
local new, told, counts = 0, {}, {}
local now = redis.call('TIME')[1]
local UNDATED, MOST, FAR, LONGEST, LATER = unpack(cjson.decode(ARGV[4]))
for index, image in ipairs(cjson.decode(ARGV[2])) do
    local key, id, node, timestamp, ttl, undated = unpack(image)
    if lives[index] ~= '-1' then redis.call('EXPIRE', key, LATER and LONGEST or ttl) end
    if LATER then redis.call('HSET', LATER, id, ttl) end
    if undated then
        redis.call('SADD', UNDATED, node .. ':' .. undated)
        local waiting = UNDATED .. ':' .. node .. ':' .. undated
        redis.call('ZADD', waiting, now, id)
        redis.call('ZREMRANGEBYRANK', waiting, 0, -MOST - 1)
        redis.call('EXPIRE', waiting, ttl)
    elseif lives[index] ~= '-2' then
        redis.call('HDEL', key, 'dated_by', 'hub_time', 'node_time', 'node_clock', 'hub_clock')
    end
    if lives[index] == '-2' and not told[id] then
        redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[1], '*',
            'id', id, 'node', node, 'timestamp', timestamp)
        told[id], counts[node], new = true, (counts[node] or 0) + 1, new + 1
    end
end
for _, heard in ipairs(cjson.decode(ARGV[3])) do
    local key, name, seen, newest, taken = unpack(heard)
    redis.call('SADD', KEYS[3], name)
    redis.call('HSET', key, 'last_seen', seen)
    local last = tonumber(redis.call('HGET', key, 'last_image_at') or 0)
    -- One far ahead was dated by a clock that was wrong then: it would stay the newest for years.
    if tonumber(taken) >= last or last > tonumber(seen) + FAR then
        redis.call('HSET', key, 'last_image', newest, 'last_image_at', taken)
    end
    if counts[name] then redis.call('HINCRBY', key, 'images', counts[name]) end
end
return new
"""


class Clocked(Protocol):
    """How an image was dated by the hub's clock."""

    @property
    def node_clock(self) -> str | None: ...


class Taken(Protocol):
    """An image to write; times are Unix seconds."""

    @property
    def id(self) -> str: ...
    @property
    def node(self) -> str: ...
    @property
    def timestamp(self) -> float: ...
    @property
    def received_at(self) -> float: ...
    @property
    def ttl(self) -> int | None: ...
    @property
    def dating(self) -> "Clocked | None": ...

    def fields(self) -> Mapping[str, str | int | float | bytes]:
        """The hash."""
        ...


async def write(client: Client, batch: Sequence[Taken], ttl: int, *, later: bool = False) -> int:
    """Write all, or with a StoreError nothing. How many were new.

    `ttl` is for those that name none, seconds. What is there already is written over and told of
    no more; what is kept stays kept. With `later` none of them ends before redating.give_lives.
    """
    names = [keys.image(image.id) for image in batch]
    async with client.pipeline(transaction=True) as pipe:
        pipe.eval(_BEFORE, 1 + len(names), keys.LIVES, *names)
        for image in batch:
            pipe.hset(keys.image(image.id), mapping=image.fields())
        pipe.eval(
            _AFTER,
            3,
            keys.LIVES,
            keys.IMAGES_STREAM,
            keys.NODES,
            keys.IMAGES_STREAM_LENGTH,
            json.dumps([_image(image, ttl) for image in batch]),
            json.dumps(_nodes(batch)),
            json.dumps(_limits(later=later)),
        )
        *_, new = await pipe.execute()
    return int(new)


def _limits(*, later: bool) -> list[Any]:
    known = [keys.UNDATED, keys.MOST_UNDATED, FARTHEST_CLOCK, LONGEST_LIFE]
    return [*known, keys.LIVES_LATER] if later else known


def _image(image: Taken, ttl: int) -> list[Any]:
    taken = f"{image.timestamp:.3f}"
    row = [keys.image(image.id), image.id, image.node, taken, image.ttl or ttl]
    return row if image.dating is None else [*row, image.dating.node_clock or ""]


def _nodes(batch: Sequence[Taken]) -> list[list[str]]:
    return [
        _node(name, [image for image in batch if image.node == name])
        for name in sorted({image.node for image in batch})
    ]


def _node(name: str, own: Sequence[Taken]) -> list[str]:
    newest = max(own, key=lambda image: image.timestamp)
    seen = max(image.received_at for image in own)
    return [keys.node(name), name, f"{seen:.3f}", newest.id, f"{newest.timestamp:.3f}"]
