"""Ids for images that came without one: the next free millisecond of their node.

All of a batch in one round trip, whatever is taken already: a search that asked for one
millisecond after the other needed over a minute for 1,500 pictures with one timestamp.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lookout.store import keys
from lookout.store.client import Client

MOST_TRIED: Final = 2_000  # milliseconds in one script, which others wait for: at most some ms

# ARGV: of each image the keys under which its id may be known, the keys under which it will be, its
# node and millisecond, its digest, and where the next free millisecond is noted; how long all this
# is remembered, in seconds; how many milliseconds are tried; how long bytes are known.
# Answers the ids, "" where not found.
_CHOOSE: Final = """
local ttl, left, ids = ARGV[2], tonumber(ARGV[3]), {}
local function known(names)
    for _, name in ipairs(names) do
        local id = redis.call('GET', name)
        if id then return id end
    end
end
local function free(node, millisecond, digest, hint)
    local at = tonumber(redis.call('GET', hint) or millisecond)
    while left > 0 do
        left = left - 1
        local id = node .. ':' .. string.format('%d', at)
        at = at + 1
        if redis.call('EXISTS', 'image:' .. id) == 0
            and redis.call('SET', 'claim:' .. id, digest, 'NX', 'EX', ttl) then
            redis.call('SET', hint, string.format('%d', at), 'EX', ttl)
            return id
        end
    end
    redis.call('SET', hint, string.format('%d', at), 'EX', ttl)
end
for index, image in ipairs(cjson.decode(ARGV[1])) do
    local before, after, node, millisecond, digest, hint = unpack(image)
    local id = known(before) or free(node, millisecond, digest, hint)
    if id then
        for _, name in ipairs(after) do redis.call('SET', name, id, 'EX', ARGV[4]) end
    end
    ids[index] = id or ''
end
return ids
"""


@dataclass(frozen=True, slots=True)
class Nameless:
    """An image without an id. `digest` tells its bytes.

    A message that the broker delivers a second time (`dup`), or the same bytes with the same time
    of the sender's (`dated`), get the id that they were given before.
    """

    node: str
    milliseconds: int
    digest: str
    dup: bool
    dated: bool

    @property
    def by_bytes(self) -> str:
        return keys.plain(self.node, self.digest)

    @property
    def by_time(self) -> str:
        return keys.plain(self.node, f"{self.digest}:{self.milliseconds}")

    def row(self) -> list[object]:
        """What the script is told of it."""
        before = [self.by_time] * self.dated + [self.by_bytes] * self.dup
        after = [self.by_time] * self.dated + [self.by_bytes]
        hint = keys.next_free(self.node, self.milliseconds)
        return [before, after, self.node, self.milliseconds, self.digest, hint]


async def choose_ids(client: Client, nameless: Sequence[Nameless]) -> list[str]:
    """An id for each; one round trip but where thousands of milliseconds are taken already."""
    ids = [""] * len(nameless)
    while missing := [index for index, given in enumerate(ids) if not given]:
        rows = json.dumps([nameless[index].row() for index in missing])
        found = await client.eval(_CHOOSE, 0, rows, keys.PLAIN_TTL, MOST_TRIED, keys.PLAIN_KNOWN)
        for index, identifier in zip(missing, found, strict=True):
            ids[index] = identifier.decode()
    return ids
