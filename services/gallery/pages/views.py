"""The pages: the same data as the API's, rendered so that they work without JavaScript."""

import asyncio
import time
from typing import Any, Final

from aiohttp import web

from lookout.contract.events import EVENTS
from lookout.contract.images import TRIGGERS
from lookout.store.images import FIELDS, Images
from lookout.store.search import Cursor, Query
from services.gallery import keys
from services.gallery.api import events as api_events
from services.gallery.api import images as api_images
from services.gallery.api import nodes as api_nodes
from services.gallery.api import serialize
from services.gallery.api.query import (
    EventParameters,
    ImageParameters,
    LiveParameters,
    NoParameters,
    parse,
)
from services.gallery.pages import facts, filters, provenance
from services.gallery.web.proxies import prefix_of

NODE_IMAGES: Final = 12
NODE_EVENTS: Final = 15
MOST_FILMS: Final = 4  # a browser opens six connections to one server, and pages need some too
LATE, TOO_LATE = 2.0, 5.0  # intervals without a picture until it is amber, and red
USUAL_INTERVAL: Final = 60.0  # seconds, for nodes that do not tell theirs


async def index(request: web.Request) -> web.Response:
    """The grid."""
    if (better := filters.canonical(request.query)) is not None:
        raise web.HTTPSeeOther(_here(request) + better)
    parameters = parse(ImageParameters, request.query)
    found, nodes = await asyncio.gather(
        api_images.find(request, parameters), api_nodes.every_node(request)
    )
    return _page(
        request,
        "grid.html",
        images=[_full(image) for image in found["images"]],
        next=found["next"],
        nodes=[node["node"] for node in nodes],
        triggers=TRIGGERS,
        parameters=parameters,
        ranges=filters.RANGES,
        ends=filters.ends(parameters),
        chips=filters.chips(parameters, request.query, _here(request)),
        query=filters.active(request.query, ImageParameters, "cursor"),
        judge=filters.for_script(parameters),
        filter_text={name: request.query.get(name, "") for name in ("since", "until")},
    )


async def image(request: web.Request) -> web.Response:
    """One image."""
    parse(NoParameters, request.query)
    described = await api_images.describe(request, api_images.image_id(request))
    images = request.app[keys.IMAGES]
    older, newer, steps = await asyncio.gather(
        _neighbour(images, described, newer=False),
        _neighbour(images, described, newer=True),
        provenance.of_image(described, request.app[keys.EVENTS]),
    )
    return _page(
        request,
        "image.html",
        image=_full(described),
        older=older,
        newer=newer,
        steps=steps,
        facts=facts.of_image(described),
    )


async def nodes(request: web.Request) -> web.Response:
    """All nodes as cards."""
    parse(NoParameters, request.query)
    found = [_card(node, request) for node in await api_nodes.every_node(request)]
    return _page(request, "nodes.html", nodes=found, blank=_card(_BLANK, request))


async def node(request: web.Request) -> web.Response:
    """One node."""
    parse(NoParameters, request.query)
    name = request.match_info["node"]
    found = _card(await api_nodes.one_node(request, name), request)
    images, events = await asyncio.gather(
        request.app[keys.IMAGES].page(Query(tags={"node": (name,)}, limit=NODE_IMAGES)),
        api_events.find(request, EventParameters(node=(name,), limit=NODE_EVENTS)),
    )
    return _page(
        request,
        "node.html",
        node=found,
        images=[_full(serialize.image(row, prefix_of(request))) for row in images.rows],
        events=events["events"],
    )


async def live(request: web.Request) -> web.Response:
    """What the cameras see now."""
    wanted = parse(LiveParameters, request.query).node
    every = [_card(node, request) for node in await api_nodes.every_node(request)]
    found = [node for node in every if node["info"].get("live_url") and node["status"] == "online"]
    playing = [node["node"] for node in found if not wanted or node["node"] in wanted]
    return _page(request, "live.html", nodes=found, playing=playing[:MOST_FILMS])


async def events(request: web.Request) -> web.Response:
    """The log."""
    if (better := filters.canonical(request.query)) is not None:
        raise web.HTTPSeeOther(_here(request) + better)
    parameters = parse(EventParameters, request.query)
    found, known = await asyncio.gather(
        api_events.find(request, parameters), api_nodes.every_node(request)
    )
    return _page(
        request,
        "events.html",
        events=found["events"],
        next=found["next"],
        nodes=[node["node"] for node in known],
        types=sorted(EVENTS),
        parameters=parameters,
        query=filters.active(request.query, EventParameters, "cursor"),
        judge={
            "node": parameters.node,
            "event_type": parameters.event_type,
            "live": _live(parameters),
        },
        filter_text={"since": request.query.get("since", "")},
    )


def _here(request: web.Request) -> str:
    """The page's path in the browser."""
    return prefix_of(request) + request.path


def _full(image: dict[str, Any]) -> dict[str, Any]:
    """For templates: what is not known of an image is None."""
    return {**dict.fromkeys(FIELDS), **image}


def _live(parameters: EventParameters) -> bool:
    """Whether new events belong on the page: words and contexts are for the index to judge."""
    narrowed = (parameters.q, parameters.context, parameters.until, parameters.cursor)
    return not any(narrowed)


def _page(request: web.Request, template: str, **context: Any) -> web.Response:
    broker = request.app[keys.SETTINGS].mqtt
    return request.app[keys.TEMPLATES].page(
        request,
        template,
        has_password=request.app[keys.DOOR].has_password,
        broker={"host": request.url.host, "port": broker.port, "root": broker.root},
        **context,
    )


async def _neighbour(images: Images, image: dict[str, Any], *, newer: bool) -> str | None:
    """The id of the same node's next image, in one direction of time."""
    at = image["timestamp"]
    here = Cursor(at, at, image["id"])
    query = Query(tags={"node": (image["node"],)}, descending=not newer, limit=1, cursor=here)
    rows = (await images.page(query)).rows
    return rows[0]["id"] if rows else None


_BLANK: Final = {"node": "", "silent": False, "status": None, "info": None, "last_image": None,
                 "last_image_at": None, "last_reading": None, "last_seen": None,
                 "status_since": None, "counters": {"images": 0, "rejected": 0}}  # fmt: skip


def _card(node: dict[str, Any], request: web.Request) -> dict[str, Any]:
    """A node with what its card shows besides."""
    info = node["info"] or {}
    interval = info.get("interval")
    interval = USUAL_INTERVAL if interval is None else interval
    picture = node["last_image"]
    return {
        **node,
        "info": info,
        "interval": interval,
        "freshness": freshness(node["last_image_at"], interval, time.time()),
        "reading": facts.of_reading(node["last_reading"]),
        "thumb_url": f"{serialize.data_url(picture, prefix_of(request))}?width=640"
        if picture
        else "",
    }


def freshness(taken_at: float | None, interval: float, now: float) -> str:
    """`fresh`, `late` or `old` by the node's own interval; `none` without pictures.

    A node with interval 0 takes pictures on demand only, so none of them is late.
    """
    if taken_at is None:
        return "none"
    age = now - taken_at
    if interval == 0 or age < LATE * interval:
        return "fresh"
    return "late" if age < TOO_LATE * interval else "old"
