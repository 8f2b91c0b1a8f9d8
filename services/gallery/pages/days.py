"""The day bar: a month to choose a day of, and that day's hours."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, tzinfo
from typing import Annotated

from aiohttp import web
from multidict import MultiMapping
from pydantic import Field

from lookout.amounts.ranges import Range
from lookout.store import finding
from lookout.store.search import Query
from lookout.store.search.query import TIME
from services.gallery import keys
from services.gallery.api.query import parse
from services.gallery.api.searches import ImageParameters
from services.gallery.pages import calendar, filters
from services.gallery.pages.page import begin, here, render
from services.gallery.web.proxies import prefix_of

PRESETS = (
    ("Today", {"since": "today"}),
    ("Tonight", {"since": "today 18:00"}),
    ("Last night", {"since": "yesterday 22:00", "until": "today 04:00"}),
    ("Yesterday", {"since": "yesterday", "until": "today"}),
    ("This week", {"since": "week"}),
)


class DaysParameters(ImageParameters):
    """Whose days: those of a search, whatever its own time."""

    month: Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")] | None = Field(
        None, description="such as 2026-06"
    )


async def days(request: web.Request) -> web.Response:
    """A month and a day of it; one aggregate for both. Open pages put it above their pictures."""
    begin(request)
    wanted = parse(DaysParameters, request.query)
    first = calendar.first_of(wanted.month, wanted.since, wanted.tz)
    low, high = (calendar.begin(each, wanted.tz) for each in (first, calendar.after(first)))
    before, after, counts = await asyncio.gather(
        _beside(request, wanted, Range(high=low, below_high=True), descending=True),
        _beside(request, wanted, Range(low=high), descending=False),
        _counts(request, wanted, Range(low, high, below_high=True), first),
    )
    chosen = calendar.chosen_day(wanted.since, wanted.until, wanted.tz)
    shown = chosen if chosen and _is_in(chosen, first) else _newest(counts, wanted.tz)
    return render(
        request,
        "days.html",
        month=calendar.month(first, counts, wanted.tz, shown),
        before=before,
        after=after,
        day=shown,
        hours=calendar.hours(shown, counts, wanted.tz) if shown else (),
        links=Links(request.query, prefix_of(request), here(request)),
        presets=PRESETS,
    )


class Links:
    """Links to the pictures of a stretch of time, and to other months, of one search."""

    def __init__(self, given: MultiMapping[str], prefix: str, days: str) -> None:
        left_out = {"since", "until", "tz", "month", "cursor", "limit"}
        self._rest = [pair for pair in given.items() if pair[0] not in left_out]
        self._zone = [("tz", given["tz"])] if given.get("tz") else []
        self._prefix, self._days = prefix, days

    def pictures(self, **span: str) -> str:
        """All of a stretch of time."""
        return f"{self._prefix}/{filters.link([*self._rest, *span.items(), *self._zone])}"

    def month(self, name: str) -> str:
        """Another month."""
        return self._days + filters.link([*self._rest, ("month", name), *self._zone])


def _query(wanted: DaysParameters, span: Range) -> Query:
    """The search without its own time, within a stretch."""
    query = wanted.query()
    return replace(query, sort=TIME, cursor=None, limit=1, ranges={**query.ranges, TIME: span})


async def _counts(
    request: web.Request, wanted: DaysParameters, span: Range, first: date
) -> Mapping[float, int]:
    width, query = calendar.width(first, wanted.tz), _query(wanted, span)
    return await request.app[keys.TALLIES].of(query, wanted.context, width)


async def _beside(
    request: web.Request, wanted: DaysParameters, span: Range, *, descending: bool
) -> str:
    """The nearest month that has pictures; nothing where there is none."""
    query = replace(_query(wanted, span), descending=descending)
    page = await finding.page(request.app[keys.IMAGES], query, wanted.context)
    if not page.rows:
        return ""
    return f"{datetime.fromtimestamp(float(page.rows[0][TIME]), wanted.tz):%Y-%m}"


def _is_in(day: date, first: date) -> bool:
    return first <= day < calendar.after(first)


def _newest(counts: Mapping[float, int], zone: tzinfo | None) -> date | None:
    return datetime.fromtimestamp(max(counts), zone).date() if counts else None
