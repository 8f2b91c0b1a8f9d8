"""/api/images/facets: which nodes, triggers, things, zones and tags a search has, and how often."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from aiohttp import web

from lookout.contract.filters import ASKED
from lookout.store import finding
from lookout.store.search import Query
from services.gallery import keys
from services.gallery.api.query import parse
from services.gallery.api.searches import ImageFilter

MOST_VALUES: Final = 200  # of one name: each is counted by itself
Facets = Mapping[str, Mapping[str, int]]


class FacetParameters(ImageFilter):
    """Whose values: those of a search."""


async def list_facets(request: web.Request) -> web.Response:
    """What can be asked for besides, and how many images it would find."""
    wanted = parse(FacetParameters, request.query)
    found = await count(request, wanted)
    facets = {
        name: [{"value": value, "count": number} for value, number in values.items()]
        for name, values in found.items()
    }
    left_out = [name for name in ASKED if name not in found]
    return web.json_response({"facets": facets, "left_out": left_out})


async def count(request: web.Request, wanted: ImageFilter) -> Facets:
    """For each name its values with how many images have them, the most first.

    The search's own values of a name do not narrow that name: they could be others, too. A name
    with too many values is left out, never a part of them.
    """
    names = list(ASKED)
    counted = await asyncio.gather(*(_values(request, wanted, name) for name in names))
    return {name: values for name, values in zip(names, counted, strict=True) if values is not None}


async def _values(request: web.Request, wanted: ImageFilter, name: str) -> Mapping[str, int] | None:
    images, query, field = request.app[keys.IMAGES], wanted.query(), ASKED[name]
    known = await images.values(field)
    if len(known) > MOST_VALUES:
        return None
    free = replace(query, tags={tag: each for tag, each in query.tags.items() if tag != field})
    counts = [await _one(request, free, field, value, wanted.context) for value in known]
    found = sorted(zip(known, counts, strict=True), key=lambda pair: (-pair[1], pair[0]))
    return {value: number for value, number in found if number}


async def _one(
    request: web.Request, query: Query, field: str, value: str, context: str | None
) -> int:
    narrowed = replace(query, tags={**query.tags, field: (value,)})
    return await finding.count(request.app[keys.IMAGES], narrowed, context)
