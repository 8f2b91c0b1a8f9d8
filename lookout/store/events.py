"""Events: one hash each, searchable by type, node, time, words and context."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from lookout.contract.events import event_type
from lookout.contract.plain import json_or_none
from lookout.store import keys
from lookout.store.client import Client
from lookout.store.search import Cursor, Index, Page, Query, Row

FIELDS: Final = ("event_type", "node", "timestamp", "context_id", "parent_id", "data", "text")
RELATED_PAGE: Final = 200  # events of a context that are asked for at a time
Fired = tuple[str, int]  # the run of what fires events, and the event's number in it
NONE: Final[Mapping[str, Fired]] = {}
MOST_RELATED: Final = 1_000  # of a context's own, and as many of what it caused


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event about to be stored; `data` is JSON, `text` what a search by words finds."""

    ulid: str
    event_type: str
    node: str
    timestamp: float
    context_id: str
    parent_id: str | None
    data: str
    text: str

    def fields(self) -> dict[str, str]:
        """The hash."""
        values = {
            "event_type": self.event_type,
            "node": self.node,
            "timestamp": f"{self.timestamp:.3f}",
            "context_id": self.context_id,
            "data": self.data,
            "text": self.text,
        }
        return values if self.parent_id is None else {**values, "parent_id": self.parent_id}


@dataclass(frozen=True, slots=True)
class Related:
    """Events of some contexts, oldest first; `more`: there are others besides these."""

    rows: list[Row]
    more: bool


class Events:
    """What can be done with events."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._index = Index(client, keys.EVENTS_INDEX, keys.EVENT_PREFIX, FIELDS)

    async def known(self, ulids: Sequence[str]) -> set[str]:
        """Those of these events that are stored already."""
        async with self._client.pipeline(transaction=False) as pipe:
            for ulid in ulids:
                pipe.exists(keys.event(ulid))
            answers = await pipe.execute() if ulids else []
        return {ulid for ulid, there in zip(ulids, answers, strict=True) if there}

    async def store(self, event: NewEvent, *, ttl: int) -> None:
        """Write one event with its TTL; the same event again writes over itself."""
        await self.store_all([event], ttl=ttl, seen={})

    async def store_all(
        self,
        events: Sequence[NewEvent],
        *,
        ttl: int,
        routine_ttl: int | None = None,
        seen: Mapping[str, float],
        fired: Mapping[str, Fired] = NONE,
    ) -> None:
        """Write events with their TTL in one transaction; `routine_ttl` is that of routine ones.

        `seen` says of nodes when something came from them, Unix seconds; `fired` which of their
        events was the last.
        """
        async with self._client.pipeline(transaction=True) as pipe:
            for event in events:
                pipe.hset(keys.event(event.ulid), mapping=event.fields())
                is_routine = event_type(event.event_type).is_routine
                life = min(ttl, routine_ttl or ttl) if is_routine else ttl
                pipe.expire(keys.event(event.ulid), life)
            for node, at in seen.items():
                pipe.sadd(keys.NODES, node)
                pipe.hset(keys.node(node), "last_seen", f"{at:.3f}")
            for node, (run, number) in fired.items():
                pipe.hset(keys.node(node), keys.FIRED, f"{run} {number}")
            await pipe.execute()

    async def fired(self, nodes: Sequence[str]) -> dict[str, Fired]:
        """Run and number of the last event of these nodes that is recorded, where one is."""
        async with self._client.pipeline(transaction=False) as pipe:
            for node in nodes:
                pipe.hget(keys.node(node), keys.FIRED)
            answers = await pipe.execute() if nodes else []
        found = zip(nodes, answers, strict=True)
        return {node: _fired(answer) for node, answer in found if answer}

    async def page(self, query: Query) -> Page:
        """One page of events."""
        return await self._index.page(query)

    async def around(self, *contexts: str) -> Related:
        """The events that are, or were caused by, one of these contexts."""
        found: dict[str, Row] = {}
        more = False
        for name in ("context_id", "parent_id"):
            rows, left = await self._first(Query(tags={name: contexts}, descending=False))
            found |= {row["id"]: row for row in rows}
            more |= left
        return Related(sorted(found.values(), key=lambda row: float(row["timestamp"])), more)

    async def _first(self, query: Query) -> tuple[list[Row], bool]:
        """The first MOST_RELATED of what a query finds, and whether there are more."""
        rows: list[Row] = []
        query = replace(query, limit=RELATED_PAGE)
        while len(rows) < MOST_RELATED:
            page = await self._index.page(query)
            rows += page.rows
            if page.next is None:
                return rows, False
            query = replace(query, cursor=Cursor.decode(page.next))
        return rows, True


def _fired(answer: bytes) -> Fired:
    run, _, number = answer.decode().partition(" ")
    return run, int(number)


def as_json(row: Row) -> dict[str, Any]:
    """A row as the API gives it."""
    data = json_or_none(row.get("data", "{}"))
    data = data if isinstance(data, dict) else {}
    event: dict[str, Any] = {**row, "timestamp": float(row["timestamp"]), "data": data}
    event.pop("text", None)
    return {**event, "text": row.get("text", "")}
