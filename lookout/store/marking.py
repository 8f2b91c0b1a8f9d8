"""Tags and notes, which people give to images that are there; they go with the image.

Each is one step in Redis, so that two who tag one image at once both have their way, and an image
that expires meanwhile does not come back as a hash of one field.
"""

from collections.abc import Sequence
from typing import Final

from lookout.contract.marks import MOST_TAGS, kept_tags
from lookout.errors import LookoutError
from lookout.store import changes, keys
from lookout.store.client import Client

# 0: no such image; -1: it would have too many. ARGV: the most, those to add, those to take away.
_TAG: Final = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local there, tags = {}, {}
local function put(tag)
    if not there[tag] then there[tag] = true; tags[#tags + 1] = tag end
end
local away = {}
for tag in string.gmatch(ARGV[3], '[^,]+') do away[tag] = true end
for tag in string.gmatch(redis.call('HGET', KEYS[1], 'tags') or '', '[^,]+') do
    if not away[tag] then put(tag) end
end
for tag in string.gmatch(ARGV[2], '[^,]+') do put(tag) end
if #tags > tonumber(ARGV[1]) then return -1 end
if #tags == 0 then redis.call('HDEL', KEYS[1], 'tags')
else redis.call('HSET', KEYS[1], 'tags', table.concat(tags, ',')) end
return 1
"""
_NOTE: Final = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if ARGV[1] == '' then redis.call('HDEL', KEYS[1], 'note')
else redis.call('HSET', KEYS[1], 'note', ARGV[1]) end
return 1
"""


class TooManyTags(LookoutError):
    """An image would have more tags than it may; those named before it have theirs."""

    def __init__(self, image_id: str, done: Sequence[str]) -> None:
        super().__init__(f"{image_id} would have more than {MOST_TAGS} tags. Take some away first.")
        self.done = list(done)


async def tag(
    client: Client, image_ids: Sequence[str], add: Sequence[str] = (), remove: Sequence[str] = ()
) -> list[str]:
    """Give tags to images and take others away; the ids of those that were there.

    Raises TooManyTags.
    """
    words = kept_tags(list(add)), kept_tags(list(remove))
    async with client.pipeline(transaction=False) as pipe:
        for each in image_ids:
            pipe.eval(_TAG, 1, keys.image(each), MOST_TAGS, *words)
        answers = await pipe.execute()
    done = [each for each, answer in zip(image_ids, answers, strict=True) if answer == 1]
    await changes.tell(client, "marked", done)
    if -1 in answers:
        raise TooManyTags(image_ids[answers.index(-1)], done)
    return done


async def note(client: Client, image_id: str, text: str) -> bool:
    """Write a note beside an image; an empty one takes it away. False when there is no image."""
    found = bool(await client.eval(_NOTE, 1, keys.image(image_id), text))
    await changes.tell(client, "marked", [image_id] if found else [])
    return found
