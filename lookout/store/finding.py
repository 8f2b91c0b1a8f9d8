"""What people ask for as a query, and pages of it.

What a context made or caused is two searches, merged into one order.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from lookout.amounts.ranges import Range
from lookout.contract.filters import ASKED
from lookout.store.events import Events
from lookout.store.images import Images
from lookout.store.retention.removal import KEPT
from lookout.store.search import Cursor, Page, Query, Row


def wanted(
    words: Mapping[str, Sequence[str]], spans: Mapping[str, Range | None], kept: bool | None
) -> Query:
    """The query for images; `words` by the names that people use, `spans` by fields."""
    tags = {ASKED[name]: tuple(values) for name, values in words.items() if values}
    return Query(
        tags=tags | ({"kept": KEPT} if kept else {}),
        without={"kept": KEPT} if kept is False else {},
        ranges={name: span for name, span in spans.items() if span is not None},
    )


async def page(source: Images | Events, query: Query, context: str | None) -> Page:
    """One page; with a context only what carries it, as its own or as its cause."""
    if context is None:
        return await source.page(query)
    halves = await asyncio.gather(
        *(
            source.page(replace(query, tags={**query.tags, name: (context,)}))
            for name in ("context_id", "parent_id")
        )
    )
    return _merge(halves, query)


async def count(source: Images, query: Query, context: str | None) -> int:
    """How many a query finds; with a context as `page` does."""
    if context is None:
        return await source.count(query)
    own, caused = {"context_id": (context,)}, {"parent_id": (context,)}
    first, second, both = await asyncio.gather(
        *(
            source.count(replace(query, tags={**query.tags, **tags}))
            for tags in (own, caused, own | caused)
        )
    )
    return first + second - both


async def histogram(
    source: Images, query: Query, context: str | None, width: int
) -> dict[float, int]:
    """How many a query finds in each `width` seconds; with a context as `page` does."""
    if context is None:
        return await source.histogram(query, width)
    own, caused = {"context_id": (context,)}, {"parent_id": (context,)}
    first, second, both = await asyncio.gather(
        *(
            source.histogram(replace(query, tags={**query.tags, **tags}), width)
            for tags in (own, caused, own | caused)
        )
    )
    every = {at: first.get(at, 0) + second.get(at, 0) for at in first | second}
    return {at: every[at] - both.get(at, 0) for at in sorted(every)}


def _merge(halves: Sequence[Page], query: Query) -> Page:
    rows = {row["id"]: row for half in halves for row in half.rows}
    ordered = sorted(
        rows.values(), key=lambda row: _place(row, query.sort), reverse=query.descending
    )
    wanted = ordered[: query.limit]
    more = len(ordered) > query.limit or any(half.next for half in halves)
    if not more or not wanted:
        return Page(wanted, None)
    return Page(wanted, Cursor(*_place(wanted[-1], query.sort)).encode())


def _place(row: Row, sort: str) -> tuple[float, float, str]:
    return float(row[sort]), float(row["timestamp"]), row["id"]
