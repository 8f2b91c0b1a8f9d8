"""The page on which a node's zones are drawn, with where and when things were seen there."""

import asyncio
from typing import Final

from aiohttp import web

from services.gallery.api import nodes as api
from services.gallery.api import zones as api_zones
from services.gallery.api.query import NoParameters, parse
from services.gallery.pages.cards import of_node
from services.gallery.pages.page import begin, render
from services.gallery.web.proxies import prefix_of

USUAL: Final = ("person", "bicycle", "car", "dog", "cat", "bird")  # names of COCO's that are common


async def zones(request: web.Request) -> web.Response:
    """One node's zones, on its newest picture."""
    begin(request)
    parse(NoParameters, request.query)
    name = request.match_info["node"]
    node, found = await asyncio.gather(api.one_node(request, name), api_zones.found(request, name))
    return render(
        request,
        "zones.html",
        node=of_node(node, prefix_of(request)),
        drawn=found["drawn"],
        rules=found["rules"],
        usual=USUAL,
    )
