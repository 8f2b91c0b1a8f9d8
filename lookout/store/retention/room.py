"""Making room: each kind among its own first, then the oldest pictures of whoever uses most.

A kind that has outgrown its share of the memory gives before any picture does, so that a flood of
events costs events, and among these the oldest of the node that has most. Redis' own eviction
(`volatile-ttl`) knows neither kinds nor nodes; it stays as the last resort. Unlike the other rules
this one does not wait for the disk: what it takes before it was confirmed is confirmed as stored
or, where Redis dies first, sent again.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog

from lookout.store.client import Client
from lookout.store.memory import memory
from lookout.store.retention.kinds import (
    EVENTS,
    READINGS,
    STREAMS,
    THUMBNAILS,
    Held,
    Indexed,
    by_node,
    held,
)
from lookout.store.retention.plans import to_free
from lookout.store.retention.removal import GROUP, IF_STILL, always, carry_out
from lookout.store.retention.rules import Retention
from lookout.store.retention.usage import Usage, shares_to_remove
from lookout.store.search import Query

STREAMS_SHARE: Final = 0.05  # of the memory, for each of them
LOOKS: Final = 50  # times that the memory is looked at while it fills once

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Excess:
    """How many bytes a kind has beyond its share."""

    kind: str
    bytes: int


@dataclass(slots=True)
class Room:
    """Called before each write with what will be written, by whatever service writes much.

    `rules` gives the rules that hold; `removed` hears how many things of each kind have gone.
    """

    client: Client
    rules: Callable[[], Awaitable[Retention]]
    removed: Callable[[Mapping[str, int]], None] = lambda gone: None
    _before_look: float = 0.0  # bytes that may be written until the next look
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # two would make room twice

    async def make(self, incoming: int) -> None:
        """See that `incoming` bytes fit below the high mark. Raises a StoreError."""
        async with self._turn:
            self._before_look -= incoming
            if self._before_look <= 0:
                await self._look(incoming)

    async def look(self) -> None:
        """See that there is room although we write nothing: others fill it too."""
        async with self._turn:
            await self._look(0)

    async def _look(self, incoming: int) -> None:
        now = await memory(self.client)
        self._before_look = now.limit / LOOKS if now.limit else float("inf")
        if not now.limit:
            return
        rules = await self.rules()
        if need := rules.shortage(now, incoming):

            async def is_short() -> bool:
                # The limit may have been raised since: what is gone does not come back.
                return rules.is_short(await memory(self.client), incoming)

            gone = await make_room(self.client, rules, need, is_short)
            self.removed(gone)
            if any(gone.values()):
                logger.info("made room", used=now.used, limit=now.limit, **gone)


async def make_room(
    client: Client,
    rules: Retention,
    need: int,
    is_short: Callable[[], Awaitable[bool]] = always,
) -> dict[str, int]:
    """Free about `need` bytes: how many of each kind have gone. Raises a StoreError.

    It ends as soon as memory `is_short` no more.
    """
    others = await of_other_kinds(client, rules, need)
    gone = {
        each.kind: await _remove(client, each.kind, each.bytes)
        for each in others
        if await is_short()
    }
    if (rest := need - sum(each.bytes for each in others)) > 0:
        gone["images"], _ = await carry_out(client, to_free(client, rest), is_short)
    return gone


async def of_other_kinds(client: Client, rules: Retention, need: int) -> list[Excess]:
    """How much of `need` bytes comes from kinds that have outgrown their share."""
    limit = (await memory(client)).limit
    found = []
    for excess in beyond(rules, limit, await held(client)) if limit and need > 0 else ():
        if need <= 0:
            break
        found.append(Excess(excess.kind, min(need, excess.bytes)))
        need -= excess.bytes
    return found


def shares(rules: Retention) -> dict[str, float]:
    """What part of the memory each kind may have before it gives; pictures have the rest."""
    return {
        EVENTS.name: rules.events_share,
        READINGS.name: rules.readings_share,
        THUMBNAILS: rules.thumbnails_share,
        **dict.fromkeys(STREAMS, STREAMS_SHARE),
    }


def beyond(rules: Retention, limit: int, found: dict[str, Held]) -> Iterator[Excess]:
    """The kinds that have outgrown their share of so many bytes."""
    for kind, share in shares(rules).items():
        if kind in found and (more := round(found[kind].bytes - share * limit)) > 0:
            yield Excess(kind, more)


async def _of_nodes(client: Client, kind: Indexed, size: int) -> int:
    """Remove the oldest of the nodes that have most; how many have gone."""
    used = await by_node(client, kind)
    usages = [Usage(node, each.number, each.bytes, 0.0, 0.0) for node, each in used.items()]
    gone = 0
    for node, share in shares_to_remove(usages, size).items():
        each = used[node].bytes / used[node].number
        gone += await _oldest(client, kind, node, math.ceil(share / each))
    return gone


async def _oldest(client: Client, kind: Indexed, node: str, number: int) -> int:
    """Remove so many of a node's oldest, each if its hash still says what the search said."""
    index = kind.opened(client)
    gone = 0
    while gone < number:
        query = Query(tags={"node": [node]}, descending=False, limit=min(GROUP, number - gone))
        rows = (await index.page(query)).rows
        async with client.pipeline(transaction=False) as pipe:
            for row in rows:
                seen = (name for key in ("node", "timestamp") for name in (key, row.get(key, "")))
                pipe.eval(IF_STILL, 1, kind.prefix + row["id"], *seen)
            answers = await pipe.execute() if rows else []
        if not sum(answers):
            break
        gone += sum(answers)
    return gone


async def _thumbnails(client: Client, size: int) -> int:
    """Remove any of them: they are made again when somebody looks."""
    freed = gone = 0
    group: list[bytes] = []
    async for key in client.scan_iter("thumb:*", count=1000):
        group.append(key)
        freed += int(await client.strlen(key))
        if freed >= size or len(group) >= GROUP:
            gone += int(await client.unlink(*group))
            group = []
        if freed >= size:
            break
    return gone + (int(await client.unlink(*group)) if group else 0)


async def _stream(client: Client, key: str) -> int:
    """Cut the older half: it is bounded anyway, but this memory is small."""
    half = int(await client.xlen(key)) // 2
    return int(await client.xtrim(key, maxlen=half, approximate=False))


async def _remove(client: Client, kind: str, size: int) -> int:
    """Remove of one kind about so many bytes; how many things have gone."""
    for indexed in (EVENTS, READINGS):
        if kind == indexed.name:
            return await _of_nodes(client, indexed, size)
    if kind == THUMBNAILS:
        return await _thumbnails(client, size)
    return await _stream(client, STREAMS[kind])
