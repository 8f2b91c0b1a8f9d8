"""Images that are dated by the hub's clock, and giving them another date once more is known.

They wait in one sorted set for each setting of a node's clock, and those sets are named in one set.
An image that has gone meanwhile is passed over; one that was dated anew is out of its set.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from lookout.store import keys
from lookout.store.client import Client

GROUP: Final = 500  # images looked at in one go

# KEYS: the image, its node. ARGV: its id, the new timestamp, then names and values to set.
# Nothing where the image has gone or was sent anew, dated well.
_REDATE: Final = """
if redis.call('HGET', KEYS[1], 'dated_by') ~= 'hub' then return 0 end
redis.call('HSET', KEYS[1], 'timestamp', ARGV[2], unpack(ARGV, 3))
if redis.call('HGET', KEYS[2], 'last_image') == ARGV[1] then
    redis.call('HSET', KEYS[2], 'last_image_at', ARGV[2])
end
return 1
"""


async def waiting(client: Client) -> set[tuple[str, str]]:
    """Node and setting of its clock of which images wait; the latter is empty where unknown."""
    names = [each.decode().partition(":") for each in await client.smembers(keys.UNDATED)]
    return {(node, node_clock) for node, _, node_clock in names}


async def believe_the_node(client: Client, node: str, node_clock: str) -> int:
    """Date the images of this setting of a node's clock by that clock; how many there were."""
    redated = 0
    while True:
        group = await client.zrange(keys.undated(node, node_clock), 0, GROUP - 1)
        if not group:
            break
        for identifier in map(bytes.decode, group):
            node_time = await client.hget(keys.image(identifier), "node_time")
            if node_time is not None:
                said = (node_time.decode(), "dated_by", "node")
                redated += await _redate(client, identifier, node, said)
        await client.zrem(keys.undated(node, node_clock), *group)
    await client.srem(keys.UNDATED, f"{node}:{node_clock}")
    return redated


async def follow_the_hub(
    client: Client, hub_clock: str, set_since: Callable[[str, str], float | None]
) -> int:
    """Shift what is dated by an earlier setting of the hub's clock; how many there were.

    `set_since(before, now)` says by how many seconds that clock was set between two settings.
    """
    redated = 0
    for node, node_clock in await waiting(client):
        for start in range(0, keys.MOST_UNDATED, GROUP):
            key = keys.undated(node, node_clock)
            group = await client.zrange(key, start, start + GROUP - 1)
            if not group:
                break
            for identifier, (time, before) in await _times(client, group):
                step = set_since(before, hub_clock)
                if step is not None and abs(step) >= 1:
                    hub_time = f"{max(0.0, float(time) + step):.3f}"
                    said = (hub_time, "hub_time", hub_time, "hub_clock", hub_clock)
                    redated += await _redate(client, identifier, node, said)
    return redated


async def give_lives(client: Client) -> int:
    """Let images end that were stored while the hub's clock was in doubt; how many there were.

    Their time begins now. What is kept for good stays.
    """
    given = 0
    while found := await client.hrandfield(keys.LIVES_LATER, GROUP, withvalues=True):
        async with client.pipeline(transaction=False) as pipe:
            for key, seconds in zip(found[::2], found[1::2], strict=True):
                pipe.eval(_LIVE, 1, keys.image(key.decode()), int(seconds))
            await pipe.execute()
        await client.hdel(keys.LIVES_LATER, *found[::2])
        given += len(found) // 2
    return given


_LIVE: Final = (
    "if redis.call('TTL', KEYS[1]) > 0 then return redis.call('EXPIRE', KEYS[1], ARGV[1]) end "
    "return 0"
)


async def _redate(client: Client, identifier: str, node: str, said: Sequence[str]) -> int:
    changed = await client.eval(
        _REDATE, 2, keys.image(identifier), keys.node(node), identifier, *said
    )
    return int(changed)


async def _times(client: Client, group: Sequence[bytes]) -> list[tuple[str, tuple[str, str]]]:
    """Of each image that is there: its time by the hub's clock, and by which setting of it."""
    async with client.pipeline(transaction=False) as pipe:
        for identifier in group:
            pipe.hmget(keys.image(identifier.decode()), "hub_time", "hub_clock")
        answers: list[Any] = await pipe.execute()
    return [
        (identifier.decode(), (time.decode(), before.decode()))
        for identifier, (time, before) in zip(group, answers, strict=True)
        if time is not None and before is not None
    ]
