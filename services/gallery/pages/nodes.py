"""All nodes, one node, and what their cameras see now."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from lookout.store.search import Query
from services.gallery import keys
from services.gallery.api import events as api_events
from services.gallery.api import nodes as api
from services.gallery.api import serialize
from services.gallery.api.happenings import EventParameters
from services.gallery.api.query import LiveParameters, NoParameters, parse
from services.gallery.pages.cards import full, of_node
from services.gallery.pages.page import begin, render
from services.gallery.pages.seen import Seen, of_image
from services.gallery.web.proxies import prefix_of

NODE_IMAGES: Final = 12
NODE_EVENTS: Final = 15


async def nodes(request: web.Request) -> web.Response:
    """All nodes as cards, those first that need somebody to look after them."""
    begin(request)
    parse(NoParameters, request.query)
    prefix = prefix_of(request)
    found = [of_node(node, prefix) for node in await api.every_node(request)]
    found.sort(key=lambda node: not node["trouble"])  # the others stay by name
    return render(request, "nodes.html", nodes=found)


async def node(request: web.Request) -> web.Response:
    """One node."""
    begin(request)
    parse(NoParameters, request.query)
    name, prefix = request.match_info["node"], prefix_of(request)
    found = of_node(await api.one_node(request, name), prefix)
    images, events = await asyncio.gather(
        request.app[keys.IMAGES].page(Query(tags={"node": (name,)}, limit=NODE_IMAGES)),
        api_events.find(request, EventParameters(node=(name,), limit=NODE_EVENTS)),
    )
    return render(
        request,
        "node.html",
        node=found,
        images=[full(serialize.image(row, prefix)) for row in images.rows],
        events=events["events"],
        most={"images": NODE_IMAGES, "events": NODE_EVENTS},
    )


async def live(request: web.Request) -> web.Response:
    """All nodes on one wall, or one large."""
    begin(request)
    wanted = parse(LiveParameters, request.query).node
    every = [of_node(node, prefix_of(request)) for node in await api.every_node(request)]
    found = [node for node in every if not wanted or node["node"] in wanted]
    seen = await _seen(request, found)
    for node in found:
        node["seen"] = seen.get(node["last_image"])
    return render(request, "live.html", nodes=found, large=len(wanted) == 1)


async def _seen(request: web.Request, nodes: Sequence[Mapping[str, Any]]) -> dict[str, Seen]:
    """What was seen in the last picture of each."""
    last = [node["last_image"] for node in nodes if node["last_image"]]
    rows = await request.app[keys.IMAGES].read(last)
    return {row["id"]: of_image(serialize.image(row, "")) for row in rows}
