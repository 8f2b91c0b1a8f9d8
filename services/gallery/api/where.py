"""/api/images/where: where in their pictures, and at which hours, things were seen."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from aiohttp import web
from pydantic import Field

from lookout.amounts.ranges import Range
from lookout.contract.images import PERSON
from lookout.store import finding
from lookout.store.search import Cursor, Query, Row
from services.gallery import keys
from services.gallery.api import serialize
from services.gallery.api.query import parse
from services.gallery.api.searches import ImageFilter
from services.gallery.api.values import Label
from services.gallery.pages import seen

COLUMNS: Final = 32
ROWS: Final = 18
MOST: Final = 2_000  # pictures, the newest: an answer takes no more than about a second
PAGE: Final = 200
SOMEBODY: Final = Range(1, float("inf"))


class WhereParameters(ImageFilter):
    """Which images, and which of the things in them."""

    what: Label = Field(PERSON, description="the thing that is looked for, such as dog")


async def where(request: web.Request) -> web.Response:
    """How often a thing stood in each part of the pictures, and was seen in each hour of the day.

    Of the newest 2,000 pictures that a filter finds and that show it; a part is a cell of 32 by 18,
    a thing is in the middle of its box's lower edge.
    """
    wanted = parse(WhereParameters, request.query)
    cells: Counter[tuple[int, int]] = Counter()
    hours: Counter[int] = Counter()
    pictures = 0
    async for row in _rows(request, wanted):
        pictures += 1
        found = [_cell(x, y) for x, y in _feet(row, wanted.what)]
        cells.update(found)
        hours[datetime.fromtimestamp(float(row["timestamp"]), wanted.tz).hour] += len(found)
    return web.json_response(
        {
            "what": wanted.what,
            "columns": COLUMNS,
            "rows": ROWS,
            "cells": [[column, row, count] for (column, row), count in sorted(cells.items())],
            "hours": [hours[hour] for hour in range(24)],
            "pictures": pictures,
            "things": cells.total(),
            "whole": pictures < MOST,
        }
    )


async def _rows(request: web.Request, wanted: WhereParameters) -> AsyncIterator[Row]:
    images = request.app[keys.IMAGES]
    query = replace(_with(wanted.query(), wanted.what), limit=PAGE, descending=True)
    for _ in range(MOST // PAGE):
        page = await finding.page(images, query, wanted.context)
        for row in page.rows:
            yield row
        if page.next is None:
            return
        query = replace(query, cursor=Cursor.decode(page.next))


def _with(query: Query, what: str) -> Query:
    """Only pictures that show it; a camera that counts people itself gives them no labels."""
    if what == PERSON:
        people = query.ranges.get("people")
        span = people.within(SOMEBODY) if people else SOMEBODY
        return replace(query, ranges={**query.ranges, "people": span})
    if "labels" in query.tags and what not in query.tags["labels"]:
        return query  # a picture may show both
    return replace(query, tags={**query.tags, "labels": (what,)})


def _feet(row: Row, what: str) -> list[tuple[float, float]]:
    """Where each of those things stands, as parts of the picture."""
    image: dict[str, Any] = serialize.image(row, "")
    found = seen.of_image(image)
    width, height = found.size
    return [
        ((box.x + box.width / 2) / width, (box.y + box.height) / height)
        for box in found.boxes
        if box.label == what
    ]


def _cell(x: float, y: float) -> tuple[int, int]:
    return min(COLUMNS - 1, int(x * COLUMNS)), min(ROWS - 1, int(y * ROWS))
