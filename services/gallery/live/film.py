"""The nodes' live views, relayed: one large, or all on a wall."""

from contextlib import AsyncExitStack

from aiohttp import web

from lookout.contract.topics import check_node
from lookout.video import mjpeg
from lookout.video.frames import Frames
from services.gallery import keys
from services.gallery.api.query import NoParameters, WallParameters, parse
from services.gallery.web.problems import Problem, not_found


async def relay(request: web.Request) -> web.StreamResponse:
    """One node's live view, for as long as the viewer wants it."""
    parse(NoParameters, request.query)
    node = check_node(request.match_info["node"])
    relays = request.app[keys.RELAYS]
    await relays.check(node)
    with relays.admitted():
        async with relays.watched(node) as relayed:
            await relayed.first_frame()
            return await mjpeg.stream(request, relayed.frames)


async def wall(request: web.Request) -> web.StreamResponse:
    """Live views of many nodes in one answer, a few frames a second: `X-Node` says whose.

    A browser opens six connections to one server, and a wall has more cameras. Those that cannot be
    watched are left out; it ends when none is left.
    """
    wanted = parse(WallParameters, request.query)
    relays = request.app[keys.RELAYS]
    films: dict[str, Frames] = {}
    async with AsyncExitStack() as stack:
        stack.enter_context(relays.admitted())
        for node in wanted.node:
            try:
                await relays.check(node)
            except Problem:
                continue
            films[node] = (await stack.enter_async_context(relays.watched(node))).frames
        if not films:
            raise not_found("None of these nodes shows a live view now.")
        return await mjpeg.stream_many(request, films, 1 / wanted.rate)
