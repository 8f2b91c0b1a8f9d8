"""One picture, its neighbours, and who asked for it."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web

from lookout.store import finding
from lookout.store.images import Images
from lookout.store.search import Cursor
from services.gallery import keys
from services.gallery.api import images as api
from services.gallery.api.query import parse
from services.gallery.api.searches import ImageParameters
from services.gallery.pages import facts, filters, provenance
from services.gallery.pages.cards import full
from services.gallery.pages.page import begin, render


async def image(request: web.Request) -> web.Response:
    """One image, among those of the search it was found by; without one among its node's."""
    begin(request)
    parameters = parse(ImageParameters, request.query)
    described = await api.describe(request, api.image_id(request))
    searched = filters.search(request.query) if request.query else ""
    if not searched:
        parameters = ImageParameters(node=(described["node"],))
    images = request.app[keys.IMAGES]
    before, after, steps = await asyncio.gather(
        neighbour(images, described, parameters, back=True),
        neighbour(images, described, parameters, back=False),
        provenance.of_image(described, request.app[keys.EVENTS]),
    )
    node = f"?node={described['node']}"
    return render(
        request,
        "image.html",
        image=full(described),
        previous=before,
        next=after,
        where="" if searched else f" of {described['node']}",
        search=searched,
        list=searched or node,
        watch=filters.active(request.query, ImageParameters, "cursor", "limit", "sort")
        if searched
        else node,
        steps=steps,
        facts=facts.of_image(described),
    )


async def neighbour(
    images: Images, image: Mapping[str, Any], parameters: ImageParameters, *, back: bool
) -> str | None:
    """The id of the picture that stands beside this one in a search's order."""
    query = parameters.query()
    value = image.get(query.sort)
    if value is None:
        return None  # without a number it has no place in an order by it
    here = Cursor(float(value), image["timestamp"], image["id"])
    descending = query.descending != back
    beside = replace(query, descending=descending, limit=1, cursor=here)
    rows = (await finding.page(images, beside, parameters.context)).rows
    return rows[0]["id"] if rows else None
