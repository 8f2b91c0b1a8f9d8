"""A node's live view, relayed."""

from aiohttp import web

from lookout.contract.topics import check_node
from lookout.video import mjpeg
from services.gallery import keys
from services.gallery.api.query import NoParameters, parse


async def relay(request: web.Request) -> web.StreamResponse:
    """One node's live view, for as long as the viewer wants it."""
    parse(NoParameters, request.query)
    node = check_node(request.match_info["node"])
    relays = request.app[keys.RELAYS]
    await relays.check(node)
    async with relays.watched(node) as relayed:
        await relayed.first_frame()
        return await mjpeg.stream(request, relayed.frames)
