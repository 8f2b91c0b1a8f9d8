"""A day of one node, to be scrubbed through and played, and the films that were made."""

from datetime import date, datetime, timedelta
from typing import Annotated

from aiohttp import web
from pydantic import BeforeValidator, Field, WithJsonSchema

from lookout.contract.topics import NodeName
from services.gallery import keys
from services.gallery.api import serialize
from services.gallery.api import timelapse as api
from services.gallery.api.query import Parameters, parse
from services.gallery.api.searches import ImageFilter
from services.gallery.api.values import Zone
from services.gallery.pages import calendar
from services.gallery.pages.cards import full
from services.gallery.pages.page import begin, render
from services.gallery.web.proxies import prefix_of

MOST = 240  # pictures of a day: one for each six minutes
YEARS = range(1971, 9000)


def _day(value: object) -> object:
    day = date.fromisoformat(str(value))
    if day.year not in YEARS:
        raise ValueError("use a day such as 2026-06-01")
    return day


Day = Annotated[
    date, BeforeValidator(_day), WithJsonSchema({"type": "string", "examples": ["2026-06-01"]})
]


class LapseParameters(Parameters):
    """Which node, and which of its days."""

    tz: Zone | None = Field(None, description="whose day; default: the hub's")
    node: NodeName | None = None
    day: Day | None = Field(None, description="default: that of its last picture")


async def timelapse(request: web.Request) -> web.Response:
    """The player; without a node, the first one."""
    begin(request)
    wanted = parse(LapseParameters, request.query)
    nodes = await request.app[keys.NODES].names()
    node = wanted.node or (nodes[0] if nodes else None)
    day = wanted.day or await _last_day(request, node, wanted)
    images = await _frames(request, node, day, wanted) if node else []
    return render(
        request,
        "timelapse.html",
        nodes=sorted({*nodes, *([node] if node else [])}),
        node=node,
        day=day,
        zone=request.query.get("tz", ""),
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        images=images,
        films=request.app[keys.FILMS].every(),
    )


async def _last_day(request: web.Request, node: str | None, wanted: LapseParameters) -> date:
    known = await request.app[keys.NODES].get(node) if node else None
    at = (known or {}).get("last_image_at")
    moment = datetime.now(wanted.tz) if at is None else datetime.fromtimestamp(at, wanted.tz)
    return moment.date()


async def _frames(
    request: web.Request, node: str, day: date, wanted: LapseParameters
) -> list[dict[str, object]]:
    since, until = (calendar.begin(each, wanted.tz) for each in (day, day + timedelta(days=1)))
    asked = ImageFilter.model_validate({"node": node, "since": str(since), "until": str(until)})
    found = await api.frames(request.app, asked, MOST, None)
    prefix = prefix_of(request)
    return [full(serialize.image(row, prefix)) for row in found.rows]
