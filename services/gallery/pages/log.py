"""The log of what happened."""

import asyncio

from aiohttp import web

from lookout.contract.events import EVENTS
from services.gallery.api import events as api
from services.gallery.api import nodes as api_nodes
from services.gallery.api.query import EventParameters, parse
from services.gallery.pages import filters
from services.gallery.pages.page import begin, here, render


async def events(request: web.Request) -> web.Response:
    """The log."""
    if (better := filters.canonical(request.query)) is not None:
        raise web.HTTPSeeOther(here(request) + better)
    begin(request)
    parameters = parse(EventParameters, request.query)
    found, known = await asyncio.gather(
        api.find(request, parameters), api_nodes.every_node(request)
    )
    return render(
        request,
        "events.html",
        events=found["events"],
        next=found["next"],
        nodes=[node["node"] for node in known],
        types=sorted(EVENTS),
        parameters=parameters,
        query=filters.active(request.query, EventParameters, "cursor"),
        watch=filters.chosen(request.query, "node", "event_type"),
        is_live=_is_live(parameters),
        filter_text={"since": request.query.get("since", "")},
    )


def _is_live(parameters: EventParameters) -> bool:
    """Whether new events belong on the page: words and contexts are for the index to judge."""
    narrowed = (parameters.q, parameters.context, parameters.until, parameters.cursor)
    return not any(narrowed)
