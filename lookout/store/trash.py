"""Images that a person deleted: for a moment they can be brought back.

Under another key they are in no index and no list, and expire by themselves. So an undo works from
any page, survives a restart, and costs the memory for some seconds only.
"""

from collections.abc import Sequence
from typing import Final

from lookout.store import changes, keys
from lookout.store.client import Client
from lookout.store.retention.removal import Victim

UNDO_SECONDS: Final = 10  # what people are told
KEPT_SECONDS: Final = 15  # a little more, so that a click in the last second is not too late
# As removal.IF_STILL, but the hash is moved away. 2: gone for good, because there was no memory to
# note when the image would have expired. ARGV: seconds, then names of fields and their values.
_DELETE: Final = """
local left = redis.call('PTTL', KEYS[1])
if left < 0 or redis.call('HGET', KEYS[1], 'kept') == '1' then return 0 end
for at = 2, #ARGV, 2 do
    if (redis.call('HGET', KEYS[1], ARGV[at]) or '') ~= ARGV[at + 1] then return 0 end
end
local now = redis.call('TIME')
local until_ms = string.format('%.0f', now[1] * 1000 + now[2] / 1000 + left)
local noted = redis.pcall('HSET', KEYS[1], 'expires_ms', until_ms)
if type(noted) == 'table' and noted.err then
    redis.call('UNLINK', KEYS[1])
    return 2
end
redis.call('RENAME', KEYS[1], KEYS[2])
redis.call('EXPIRE', KEYS[2], ARGV[1])
return 1
"""
# What was stored again meanwhile under the same id stays as it is, and counts as brought back.
_RESTORE: Final = """
if redis.call('EXISTS', KEYS[1]) == 1 then return 1 end
local until_ms = redis.call('HGET', KEYS[2], 'expires_ms')
if not until_ms then return 0 end
redis.call('HDEL', KEYS[2], 'expires_ms')
redis.call('RENAME', KEYS[2], KEYS[1])
redis.call('PEXPIREAT', KEYS[1], until_ms)
return 1
"""


async def delete(client: Client, victims: Sequence[Victim]) -> list[Victim]:
    """Take images away with their thumbnails; those that have gone.

    What is kept, or has other fields by now than those by which it was chosen, stays.
    """
    async with client.pipeline(transaction=False) as pipe:
        for each in victims:
            pipe.eval(
                _DELETE, 2, keys.image(each.id), keys.trash(each.id), KEPT_SECONDS, *each.seen
            )
        answers = await pipe.execute()
        gone = [victim for victim, answer in zip(victims, answers, strict=True) if answer]
        for victim in gone:
            pipe.unlink(*(keys.thumbnail(victim.id, width) for width in keys.THUMBNAIL_WIDTHS))
        await pipe.execute()
    await changes.tell(client, "deleted", [victim.id for victim in gone])
    return gone


async def restore(client: Client, image_ids: Sequence[str]) -> list[str]:
    """Bring images back with the lives they had; the ids of those that are there now."""
    async with client.pipeline(transaction=False) as pipe:
        for each in image_ids:
            pipe.eval(_RESTORE, 2, keys.image(each), keys.trash(each))
        answers = await pipe.execute()
    back = [each for each, answer in zip(image_ids, answers, strict=True) if answer]
    await changes.tell(client, "restored", back)
    return back
