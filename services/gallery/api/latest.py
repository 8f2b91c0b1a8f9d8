"""/nodes/NODE/latest.jpg: a node's newest picture under one address, for dashboards and screens."""

import time
from email.utils import formatdate

from aiohttp import web

from lookout.contract.topics import check_node
from services.gallery import keys
from services.gallery.api.images import bytes_of, has_already, type_of
from services.gallery.api.query import LatestParameters, parse
from services.gallery.web.problems import not_found


async def latest(request: web.Request) -> web.Response:
    """The newest picture of a node, or a thumbnail; its id and age in seconds are in headers."""
    width = parse(LatestParameters, request.query).width
    node = check_node(request.match_info["node"])
    known = await request.app[keys.NODES].get(node)
    identifier = (known or {}).get("last_image")
    if known is None or identifier is None:
        raise not_found(f"There is no picture of {node}.")
    taken_at = known["last_image_at"]
    tag = f"{identifier}-{width or 'full'}"
    headers = {
        "ETag": f'"{tag}"',
        "Cache-Control": "no-cache",  # ask each time: by the tag an old one costs nothing
        "Last-Modified": formatdate(taken_at, usegmt=True),
        "X-Image-Id": identifier,
        "X-Image-Age": f"{max(0.0, time.time() - taken_at):.1f}",
        "X-Node-Status": known.get("status", "unknown"),
    }
    if has_already(request, tag) and await request.app[keys.IMAGES].get(identifier):
        return web.Response(status=304, headers=headers)
    data = await bytes_of(request, identifier, width)
    return web.Response(body=data, content_type=type_of(data), headers=headers)
