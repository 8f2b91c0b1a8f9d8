"""Searching an index page by page, in a fixed order, without deep offsets.

Pages follow a key (a cursor of value, time and id), so the tenth costs what the first costs and
nothing is shown twice when new documents come in. An answer is whole, or it is an error. Fields
are read from the hashes afterwards, because RediSearch returns a SORTABLE number with 12 digits
only: 1732138800.123 would become 1732138800.12.
"""

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from lookout.amounts.ranges import Range
from lookout.store.client import Client
from lookout.store.search.asking import Asker, Indexing, NotWhole, SearchCut
from lookout.store.search.pieces import in_pieces, pairs, totals
from lookout.store.search.query import TIME, BadCursor, Cursor, Page, Query, Row, compiled
from lookout.store.search.sampling import Sampler
from lookout.store.search.walking import Walker

__all__ = [
    "BadCursor",
    "Cursor",
    "Index",
    "Indexing",
    "NotWhole",
    "Page",
    "Query",
    "Row",
    "SearchCut",
]

MOST_BUCKETS: Final = 100_000
COMPLETE_SECONDS: Final = 5.0  # an index once seen to be complete counts as that


class Index:
    """One search index and the hashes behind it."""

    def __init__(self, client: Client, name: str, prefix: str, fields: Sequence[str]) -> None:
        self._client = client
        self._prefix = prefix
        self._name = name
        self._asker = Asker(client)
        self._sampler = Sampler(client, prefix)
        self._walker = Walker(client, self._asker, self._sampler, name, prefix, tuple(fields))
        self._complete_until = 0.0

    async def page(self, query: Query) -> Page:
        """One page of what the query finds.

        Raises SearchCut when the server has too little time for it, and Indexing while it is still
        filling the index: a page is never a part.
        """
        await self._complete()
        places = await self._walker.places(query, query.limit + 1)
        wanted, more = places[: query.limit], len(places) > query.limit
        rows = [place.row for place in wanted]
        return Page(rows, wanted[-1].cursor.encode() if more else None)

    async def count(self, query: Query) -> int:
        """How many documents the query finds. Raises SearchCut and Indexing."""
        if not (query.tags or query.without or query.ranges or query.words):
            return await self._asker.complete(self._name)
        await self._complete()
        whole = query.ranges.get(TIME, Range())

        async def ask(span: Range, limit: float) -> tuple[int, float]:
            ranges = {**query.ranges, TIME: span} if span != Range() else query.ranges
            text, parameters = compiled(query, ranges)
            command = ("FT.SEARCH", self._name, text, "LIMIT", 0, 0, *parameters, "DIALECT", 2)
            answer, seconds = await self._asker.timed(*command, limit=limit)
            return int(answer[0]), seconds

        too_much = bool(query.without) and (await self._sampler.sample(query)).is_much
        return sum(await in_pieces(self._sampler, whole, ask, tried=too_much))

    async def values(self, name: str) -> list[str]:
        """The values of a TAG field, in order; some may be of documents that have just gone."""
        await self._complete()
        found = await self._client.execute_command("FT.TAGVALS", self._name, name)
        return sorted(value.decode() for value in found)

    async def spread(self, query: Query, start: float, width: float) -> list[str]:
        """The first document of each `width` seconds from `start` on, as ids, the oldest first.

        Raises SearchCut and Indexing.
        """
        await self._complete()
        whole = query.ranges.get(TIME, Range())
        slot = ("APPLY", f"floor((@{TIME} - {start!r}) / {width!r})", "AS", "slot")
        group = ("GROUPBY", 1, "@slot", "REDUCE", "FIRST_VALUE", 4, "@__key", "BY", f"@{TIME}",
                 "ASC", "AS", "key", "LIMIT", 0, MOST_BUCKETS)  # fmt: skip

        async def ask(span: Range, limit: float) -> tuple[list[Any], float]:
            command = totals(self._name, query, span, "LOAD", 1, "@__key", *slot, *group)
            answer, seconds = await self._asker.timed(*command, limit=limit)
            return answer[1:], seconds

        too_much = (await self._sampler.sample(query)).is_much
        found: dict[float, str] = {}
        for rows in await in_pieces(self._sampler, whole, ask, tried=too_much):
            for row in map(pairs, rows):
                found.setdefault(float(row["slot"]), row["key"].removeprefix(self._prefix))
        return [found[slot] for slot in sorted(found)]

    async def histogram(self, query: Query, width: int) -> dict[float, int]:
        """How many documents the query finds in each `width` seconds, by the beginning (UTC).

        Raises SearchCut and Indexing.
        """
        await self._complete()
        whole = query.ranges.get(TIME, Range())
        bucket = ("APPLY", f"floor(@{TIME} / {width})", "AS", "bucket", "GROUPBY", 1, "@bucket")
        count = ("REDUCE", "COUNT", 0, "AS", "count", "LIMIT", 0, MOST_BUCKETS)

        async def ask(span: Range, limit: float) -> tuple[list[Any], float]:
            command = totals(self._name, query, span, *bucket, *count)
            answer, seconds = await self._asker.timed(*command, limit=limit)
            return answer[1:], seconds

        too_much = (await self._sampler.sample(query)).is_much
        found: Counter[float] = Counter()
        for rows in await in_pieces(self._sampler, whole, ask, tried=too_much):
            for row in map(pairs, rows):
                found[float(row["bucket"]) * width] += int(row["count"])
        return dict(sorted(found.items()))

    async def read(self, identifiers: Sequence[str], *more: str) -> list[Row]:
        """The fields of the documents that still exist, in the order of their ids.

        `more` are fields besides the usual ones.
        """
        return await self._walker.read(identifiers, *more)

    async def _complete(self) -> None:
        now = time.monotonic()
        if now >= self._complete_until:
            await self._asker.complete(self._name)
            self._complete_until = now + COMPLETE_SECONDS
