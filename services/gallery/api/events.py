"""/api/events: the log of what happened; /api/stream: what happens now."""

import asyncio
from typing import Any, Final

from aiohttp import web

from lookout.store import finding
from lookout.store.events import as_json
from services.gallery import keys
from services.gallery.api import serialize
from services.gallery.api.happenings import EventParameters, StreamParameters
from services.gallery.api.query import parse
from services.gallery.live.viewer import Form, Viewer
from services.gallery.web.proxies import prefix_of

HEARTBEAT_SECONDS: Final = 15.0  # proxies close a connection on which nothing is said
STUCK_SECONDS: Final = 60.0
RETRY_MILLISECONDS: Final = 2000  # until browsers try again


async def list_events(request: web.Request) -> web.Response:
    """Events that match, the newest first, a page at a time."""
    return web.json_response(await find(request, parse(EventParameters, request.query)))


async def find(request: web.Request, parameters: EventParameters) -> dict[str, Any]:
    """A page of events as the API answers it."""
    found = await finding.page(request.app[keys.EVENTS], parameters.query(), parameters.context)
    return {"events": [serialize.event(as_json(row)) for row in found.rows], "next": found.next}


async def stream(request: web.Request) -> web.StreamResponse:
    """Server-sent events: `image`, `deleted`, `node`, `event`, and `resync` after a gap.

    Each message has an `id`; who comes back with it (Last-Event-ID, or `after`) is told what was
    said since, or `resync` where that is not known any more.
    """
    wanted = parse(StreamParameters, request.query)
    after = request.headers.get("Last-Event-ID", wanted.after)
    headers = {
        "Content-Type": "text/event-stream",
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",  # nginx would hold messages back
    }
    form, everyone = Form(prefix_of(request), wanted.html is not None), request.app[keys.STREAM]
    with everyone.watched(form, after=after, wants=wanted.judge()) as viewer:
        # An id without data is no message, but where a browser that reconnects goes on.
        hello = f"retry: {RETRY_MILLISECONDS}\n" + ("" if after else f"id: {everyone.place}\n\n")
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        try:
            await response.write(f"{hello}: welcome\n\n".encode())
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
