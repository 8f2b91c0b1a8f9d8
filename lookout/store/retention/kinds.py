"""What each kind of thing in Redis needs in memory: fields, names and index included.

Redis is asked about some of each (`MEMORY USAGE`), drawn at random, and the search module how large
its indexes are. Sizes that senders tell are not what is needed: 1,500 pictures of 200 bytes with
60 kB of `meta` each need 90 MB.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from lookout.store import keys
from lookout.store.client import Client
from lookout.store.errors import StoreRefused
from lookout.store.search import Index, Query

DRAWS: Final = 400
FEW: Final = 8  # drawn of one kind: with fewer, some of its own are asked for
OF_A_NODE: Final = 16  # keys of one node that are weighed
WEIGHED: Final = 24  # nodes with most that are weighed by themselves: 5 ms each, of a thousand
GUESS: Final = 1_500  # bytes of a thing that cannot be weighed: measured for an image's hash
SMALL: Final = 2_000  # bytes of a thing to which what nobody tells of is in proportion
MOST_MORE: Final = 0.35  # of these
_MEGABYTE: Final = 1 << 20
_SIZES: Final = (
    "inverted_sz_mb",
    "offset_vectors_sz_mb",
    "doc_table_size_mb",
    "sortable_values_size_mb",
    "key_table_size_mb",
    "tag_overhead_sz_mb",
    "text_overhead_sz_mb",
)

_NOT_OF_KEYS: Final = (
    "used_memory_startup",
    "mem_clients_normal",
    "mem_clients_slaves",
    "mem_aof_buffer",
    "mem_replication_backlog",
)

# KEYS: none. ARGV: how many to draw. A key that has just expired is passed over.
_DRAW: Final = """
local drawn = {redis.call('DBSIZE')}
for _ = 1, ARGV[1] do
    local key = redis.call('RANDOMKEY')
    local bytes = key and redis.pcall('MEMORY', 'USAGE', key, 'SAMPLES', 0)
    if type(bytes) == 'number' then
        drawn[#drawn + 1] = key
        drawn[#drawn + 1] = bytes
    end
end
return drawn
"""


@dataclass(frozen=True, slots=True)
class Indexed:
    """A kind of hash with a search index, whose documents belong to nodes."""

    name: str
    index: str
    prefix: str

    def opened(self, client: Client) -> Index:
        """Its index, for pages and counts."""
        return Index(client, self.index, self.prefix, ("node", "timestamp"))


IMAGES: Final = Indexed("images", keys.IMAGES_INDEX, keys.IMAGE_PREFIX)
READINGS: Final = Indexed("readings", keys.READINGS_INDEX, keys.READING_PREFIX)
EVENTS: Final = Indexed("events", keys.EVENTS_INDEX, keys.EVENT_PREFIX)
INDEXED: Final = (IMAGES, READINGS, EVENTS)
THUMBNAILS: Final = "thumbnails"
_PREFIXES: Final = {
    **{kind.prefix: kind.name for kind in INDEXED},
    "thumb:": THUMBNAILS,
    "ts:": "time series",
    "node:": "nodes",
}
STREAMS: Final = {"quarantine": keys.REJECTED_STREAM, "stream of images": keys.IMAGES_STREAM}


@dataclass(frozen=True, slots=True)
class Held:
    """So many things of one kind, and about how many bytes of memory they need."""

    number: int
    bytes: int


async def held(client: Client) -> dict[str, Held]:
    """What each kind needs, most first. Raises a StoreError."""
    everything, *drawn = await client.eval(_DRAW, 0, DRAWS)
    weights = _by_kind(drawn)
    found: dict[str, Held] = {}
    draws = max(1, len(drawn) // 2)
    for name in dict.fromkeys(_PREFIXES.values()):
        own = weights[name]
        found[name] = Held(
            round(everything * len(own) / draws), round(everything * sum(own) / draws)
        )
    for kind in INDEXED:
        found[kind.name] = await _held(client, kind, weights[kind.name])
    for name, key in STREAMS.items():
        found[name] = Held(int(await client.xlen(key)), await weight(client, key))
    found = _with_the_rest(found, await client.info("memory"))
    return dict(sorted(found.items(), key=lambda each: -each[1].bytes))


async def by_node(client: Client, kind: Indexed) -> dict[str, Held]:
    """What each node's things of a kind need, as far as one may search."""
    numbers = await numbers_by_node(client, kind)
    most = sorted(numbers, key=lambda node: (-numbers[node], node))[:WEIGHED]
    weights = await weigh(client, kind, most)
    usual = sum(weights.values()) / len(weights) if weights else GUESS
    return {
        node: Held(number, round(number * weights.get(node, usual)))
        for node, number in numbers.items()
    }


async def numbers_by_node(client: Client, kind: Indexed) -> dict[str, int]:
    """How many things of a kind each node has."""
    answer = await client.execute_command("FT.TAGVALS", kind.index, "node")
    index = kind.opened(client)
    found = {
        name: await index.count(Query(tags={"node": [name]})) for name in map(bytes.decode, answer)
    }
    return {name: number for name, number in found.items() if number}


async def weigh(client: Client, kind: Indexed, nodes: Sequence[str]) -> dict[str, float]:
    """Bytes that one thing of each node needs on average, the index included."""
    each = await index_bytes(client, kind.index)
    found: dict[str, float] = {}
    for node in nodes:
        own = await _some(client, kind, Query(tags={"node": [node]}))
        found[node] = each + (sum(own) / len(own) if own else GUESS)
    return found


async def index_bytes(client: Client, index: str) -> float:
    """Bytes of the index for each document in it; 0 where there is none."""
    info = await _info(client, index)
    number = int(info.get("num_docs", 0))
    return _index_size(info) / number if number else 0.0


async def weight(client: Client, key: str) -> int:
    """Bytes that one key needs; 0 when it is not there or one may not ask."""
    try:
        return int(await client.memory_usage(key) or 0)
    except StoreRefused:
        return 0


async def _held(client: Client, kind: Indexed, drawn: Sequence[int]) -> Held:
    info = await _info(client, kind.index)
    number = int(info.get("num_docs", 0))
    if not number:
        return Held(0, 0)
    weights = drawn if len(drawn) >= FEW else await _some(client, kind, Query())
    mean = sum(weights) / len(weights) if weights else GUESS
    return Held(number, round(number * mean + _index_size(info)))


async def _some(client: Client, kind: Indexed, query: Query) -> list[int]:
    """What some of the oldest and of the newest need."""
    index = kind.opened(client)
    found: dict[str, None] = {}
    for descending in (False, True):
        some = replace(query, descending=descending, limit=OF_A_NODE // 2)
        found |= dict.fromkeys(row["id"] for row in (await index.page(some)).rows)
    async with client.pipeline(transaction=False) as pipe:
        for name in found:
            # All fields: the picture is one of them.
            pipe.memory_usage(kind.prefix + name, samples=0)
        answers = await pipe.execute(raise_on_error=False) if found else []
    return [answer for answer in answers if isinstance(answer, int)]


def _with_the_rest(found: Mapping[str, Held], info: Mapping[str, Any]) -> dict[str, Held]:
    """Each thing's part of what nobody tells of: tables of keys and lives, words of the index.

    With 3,000 events it was a third of what the server had taken for them; more than that is
    something else, such as the memory that the search module keeps for later.
    """
    known = sum(each.bytes for each in found.values())
    others = sum(int(info.get(name, 0)) for name in _NOT_OF_KEYS)
    rest = max(0, int(info["used_memory"]) - others - known)
    small = {
        name: min(each.bytes, SMALL * each.number)
        for name, each in found.items()
        if name not in STREAMS
    }
    part = min(MOST_MORE, rest / (sum(small.values()) or 1))
    return {
        name: Held(each.number, each.bytes + round(part * small.get(name, 0)))
        for name, each in found.items()
    }


def _by_kind(drawn: Sequence[Any]) -> Mapping[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for key, size in zip(drawn[::2], drawn[1::2], strict=True):
        prefix = key.decode(errors="replace").partition(":")[0] + ":"
        found[_PREFIXES.get(prefix, "")].append(int(size))
    return found


async def _info(client: Client, index: str) -> dict[str, Any]:
    answer = await client.execute_command("FT.INFO", index)
    return {key.decode(): value for key, value in zip(answer[::2], answer[1::2], strict=False)}


def _index_size(info: Mapping[str, Any]) -> float:
    whole = float(info.get("total_index_memory_sz_mb", 0))
    return (whole or sum(float(info.get(name, 0)) for name in _SIZES)) * _MEGABYTE
