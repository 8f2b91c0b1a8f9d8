"""/api/events: the log of what happened; /api/stream: what happens now."""

import asyncio
from typing import Any, Final

from aiohttp import web

from lookout.store.events import as_json
from services.gallery import keys
from services.gallery.api import paging, serialize
from services.gallery.api.query import EventParameters, NoParameters, parse
from services.gallery.live.stream import Viewer
from services.gallery.web.proxies import prefix_of

HEARTBEAT_SECONDS: Final = 15.0  # proxies close a connection on which nothing is said
STUCK_SECONDS: Final = 60.0
# Browsers try again after this many milliseconds.
_HELLO: Final = b"retry: 2000\n: welcome\n\n"


async def list_events(request: web.Request) -> web.Response:
    """Events that match, the newest first, a page at a time."""
    return web.json_response(await find(request, parse(EventParameters, request.query)))


async def find(request: web.Request, parameters: EventParameters) -> dict[str, Any]:
    """A page of events as the API answers it."""
    found = await paging.page(request.app[keys.EVENTS], parameters.query(), parameters.context)
    return {"events": [serialize.event(as_json(row)) for row in found.rows], "next": found.next}


async def stream(request: web.Request) -> web.StreamResponse:
    """Server-sent events: `image`, `node`, `event`, and `resync` after something was missed."""
    parse(NoParameters, request.query)
    headers = {
        "Content-Type": "text/event-stream",
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",  # nginx would hold messages back
    }
    with request.app[keys.STREAM].watched(prefix_of(request)) as viewer:
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        try:
            await response.write(_HELLO)
            await _pass_on(viewer, response)
        except (ConnectionError, TimeoutError):
            if request.transport is not None:
                request.transport.abort()  # gone, or stuck for so long that it may as well be
    return response


async def _pass_on(viewer: Viewer, response: web.StreamResponse) -> None:
    while not viewer.closed:
        messages = await viewer.take(HEARTBEAT_SECONDS)
        async with asyncio.timeout(STUCK_SECONDS):
            await response.write(messages or b": still here\n\n")
