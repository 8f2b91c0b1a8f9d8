"""The grid of pictures."""

import asyncio

from aiohttp import web

from lookout.contract.images import TRIGGERS
from services.gallery.api import images as api
from services.gallery.api import nodes as api_nodes
from services.gallery.api.query import ImageParameters, parse
from services.gallery.pages import filters
from services.gallery.pages.cards import full
from services.gallery.pages.page import begin, here, render


async def index(request: web.Request) -> web.Response:
    """The grid."""
    if (better := filters.canonical(request.query)) is not None:
        raise web.HTTPSeeOther(here(request) + better)
    begin(request)
    parameters = parse(ImageParameters, request.query)
    found, nodes = await asyncio.gather(
        api.find(request, parameters), api_nodes.every_node(request)
    )
    return render(
        request,
        "grid.html",
        images=[full(image) for image in found["images"]],
        next=found["next"],
        nodes=[node["node"] for node in nodes],
        triggers=TRIGGERS,
        parameters=parameters,
        ranges=filters.RANGES,
        ends=filters.ends(parameters),
        chips=filters.chips(parameters, request.query, here(request)),
        query=filters.active(request.query, ImageParameters, "cursor"),
        search=filters.search(request.query),
        watch=filters.active(request.query, ImageParameters, "cursor", "limit", "sort"),
        filter_text={name: request.query.get(name, "") for name in ("since", "until")},
    )
