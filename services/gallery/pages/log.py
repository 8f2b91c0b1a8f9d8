"""The log of what happened: not each picture, but how many there were meanwhile."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from lookout.amounts.ranges import Range
from lookout.contract.events import KINDS
from lookout.contract.topics import HUB
from lookout.store.search import Query
from services.gallery import keys
from services.gallery.api import events as api
from services.gallery.api import nodes as api_nodes
from services.gallery.api.happenings import EventParameters
from services.gallery.api.query import parse
from services.gallery.pages import filters
from services.gallery.pages.folds import HOUR, Fold, folds, typed, woven
from services.gallery.pages.page import begin, here, render

MOST_STRIPS: Final = 8  # rows of pictures that show some
STRIP: Final = 4  # pictures of one
KIND_NAMES: Final = {
    "problems": "Problems",
    "motion": "Motion and light",
    "people": "People and things",
    "commands": "Commands",
    "presence": "Coming and going",
    "pictures": "Pictures",
}


async def events(request: web.Request) -> web.Response:
    """The log."""
    if (better := filters.canonical(request.query)) is not None:
        raise web.HTTPSeeOther(here(request) + better)
    begin(request)
    asked = parse(EventParameters, request.query)
    folded = is_folded(asked)
    parameters = asked.model_copy(update={"routine": False}) if folded else asked
    found, known = await asyncio.gather(
        api.find(request, parameters), api_nodes.every_node(request)
    )
    rows = await _rows(request, asked, found) if folded else []
    pictures = [each for event in found["events"] if (each := picture_of(event))]
    return render(
        request,
        "events.html",
        rows=[_shown(request, each, asked) for each in woven(found["events"], rows)],
        there={row["id"] for row in await request.app[keys.IMAGES].read(pictures)},
        next=found["next"],
        nodes=[node["node"] for node in known],
        kinds=_kinds(request, asked),
        parameters=asked,
        folded=folded,
        query=filters.active(request.query, EventParameters, "cursor"),
        watch=_watch(asked),
        is_live=_is_live(asked),
        filter_text={"since": request.query.get("since", "")},
    )


def picture_of(event: dict[str, Any]) -> str:
    """The id of the picture that an event is about; nothing where it is about none."""
    names = (event["data"].get("image_id"), event["data"].get("id"))
    return next((each for each in names if isinstance(each, str) and ":" in each), "")


def is_folded(parameters: EventParameters) -> bool:
    """Whether pictures are told as numbers: not where somebody looks for certain events."""
    return not (parameters.types or parameters.q or parameters.context) and (
        parameters.routine is None
    )


async def _rows(
    request: web.Request, asked: EventParameters, found: dict[str, Any]
) -> Sequence[Fold]:
    """Rows of pictures for the stretch of time that this page of the log shows."""
    nodes = tuple(name for name in asked.node if name != HUB)
    if asked.node and not nodes:
        return []
    span = _span(asked, found)
    query = Query(tags={"node": nodes} if nodes else {}, ranges={"timestamp": span})
    images = request.app[keys.IMAGES]
    hours = await request.app[keys.TALLIES].of(query, None, HOUR)
    rows = folds(hours, span.low, span.high, asked.tz)
    pages = await asyncio.gather(
        *(images.page(replace(query, limit=STRIP, ranges={"timestamp": _within(row, span)}))
          for row in rows[:MOST_STRIPS])
    )  # fmt: skip
    strips = [page.rows for page in pages] + [[]] * max(0, len(rows) - MOST_STRIPS)
    return [replace(row, images=strip) for row, strip in zip(rows, strips, strict=True)]


def _span(asked: EventParameters, found: dict[str, Any]) -> Range:
    """Pages meet where the last event of the one before stands, so that nothing is told twice."""
    low = -math.inf if asked.since is None else asked.since
    if found["next"] and found["events"]:
        low = found["events"][-1]["timestamp"]
    if asked.cursor is not None:
        return Range(low, asked.cursor.at, below_high=True)
    return Range(low, math.inf if asked.until is None else asked.until)


def _within(row: Fold, span: Range) -> Range:
    return Range(row.since, row.until, below_high=True).within(span)


def _shown(request: web.Request, each: Any, asked: EventParameters) -> tuple[Any, str]:
    """A row, and for pictures where all of them are."""
    if not isinstance(each, Fold):
        return each, ""
    pairs = [("node", name) for name in asked.node if name != HUB]
    pairs += [("since", typed(each.since, asked.tz)), ("until", typed(each.until, asked.tz))]
    zone = [("tz", request.query["tz"])] if asked.tz else []
    return each, filters.link([*pairs, *zone])


def _kinds(request: web.Request, asked: EventParameters) -> list[dict[str, Any]]:
    """The chips: each shows its kind alone, or all again."""
    rest = [
        pair for pair in request.query.items() if pair[0] not in {"kind", "event_type", "cursor"}
    ]
    chips = []
    for kind in KINDS:
        on = kind in asked.kind
        pairs = rest if on else [*rest, ("kind", kind)]
        chips.append(
            {"name": KIND_NAMES[kind], "on": on, "url": here(request) + filters.link(pairs)}
        )
    return chips


def _watch(asked: EventParameters) -> str:
    """What an open page is to hear of."""
    pairs = [("node", name) for name in asked.node]
    if asked.types:
        pairs.append(("event_type", ",".join(asked.types)))
    return filters.link(pairs)


def _is_live(parameters: EventParameters) -> bool:
    """Whether new events belong on the page: words and contexts are for the index to judge."""
    narrowed = (parameters.q, parameters.context, parameters.until, parameters.cursor)
    return not any(narrowed)
