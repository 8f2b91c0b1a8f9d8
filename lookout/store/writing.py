"""A batch of images in one transaction and one round trip, whoever else writes at that moment.

What depends on what is there already is decided by scripts inside the transaction: whether an image
is new, whether it is kept, whether it is its node's newest. The images themselves go beside the
scripts, as hashes: a script would copy their bytes twice.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from lookout.store import keys
from lookout.store.client import Client

# KEYS: where the lives go, then the images. TTL says -2 of what is not there, -1 of what is kept.
_BEFORE: Final = """
for at = 2, #KEYS do redis.call('RPUSH', KEYS[1], redis.call('TTL', KEYS[at])) end
"""
# KEYS: the lives, the stream, the set of nodes. ARGV: the stream's length; of each image its key,
# id, node, timestamp and seconds to live; of each node its key, name, when it was last heard of,
# its newest image of this batch and when that was taken.
_AFTER: Final = """
local lives = redis.call('LRANGE', KEYS[1], 0, -1)
redis.call('DEL', KEYS[1])
local new, told, counts = 0, {}, {}
for index, image in ipairs(cjson.decode(ARGV[2])) do
    local key, id, node, timestamp, ttl = unpack(image)
    if lives[index] ~= '-1' then redis.call('EXPIRE', key, ttl) end
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
    if tonumber(taken) >= tonumber(redis.call('HGET', key, 'last_image_at') or 0) then
        redis.call('HSET', key, 'last_image', newest, 'last_image_at', taken)
    end
    if counts[name] then redis.call('HINCRBY', key, 'images', counts[name]) end
end
return new
"""


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

    def fields(self) -> Mapping[str, str | int | float | bytes]:
        """The hash."""
        ...


async def write(client: Client, batch: Sequence[Taken], ttl: int) -> int:
    """Write all, or with a StoreError nothing. How many were new.

    `ttl` is for those that name none, seconds. What is there already is written over and told of
    no more; what is kept stays kept.
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
        )
        *_, new = await pipe.execute()
    return int(new)


def _image(image: Taken, ttl: int) -> list[Any]:
    taken = f"{image.timestamp:.3f}"
    return [keys.image(image.id), image.id, image.node, taken, image.ttl or ttl]


def _nodes(batch: Sequence[Taken]) -> list[list[str]]:
    return [
        _node(name, [image for image in batch if image.node == name])
        for name in sorted({image.node for image in batch})
    ]


def _node(name: str, own: Sequence[Taken]) -> list[str]:
    newest = max(own, key=lambda image: image.timestamp)
    seen = max(image.received_at for image in own)
    return [keys.node(name), name, f"{seen:.3f}", newest.id, f"{newest.timestamp:.3f}"]
