"""One picture, its neighbours, and who asked for it."""

import asyncio
from typing import Any

from aiohttp import web

from lookout.store.images import Images
from lookout.store.search import Cursor, Query
from services.gallery import keys
from services.gallery.api import images as api
from services.gallery.api.query import NoParameters, parse
from services.gallery.pages import facts, provenance
from services.gallery.pages.cards import full
from services.gallery.pages.page import begin, render


async def image(request: web.Request) -> web.Response:
    """One image."""
    begin(request)
    parse(NoParameters, request.query)
    described = await api.describe(request, api.image_id(request))
    images = request.app[keys.IMAGES]
    older, newer, steps = await asyncio.gather(
        _neighbour(images, described, newer=False),
        _neighbour(images, described, newer=True),
        provenance.of_image(described, request.app[keys.EVENTS]),
    )
    return render(
        request,
        "image.html",
        image=full(described),
        older=older,
        newer=newer,
        steps=steps,
        facts=facts.of_image(described),
    )


async def _neighbour(images: Images, image: dict[str, Any], *, newer: bool) -> str | None:
    """The id of the same node's next image, in one direction of time."""
    at = image["timestamp"]
    here = Cursor(at, at, image["id"])
    query = Query(tags={"node": (image["node"],)}, descending=not newer, limit=1, cursor=here)
    rows = (await images.page(query)).rows
    return rows[0]["id"] if rows else None
