"""/api/nodes/NODE/film: what was seen in the newest frame of a node's film."""

import json
from typing import Any

from aiohttp import web

from lookout.contract.topics import check_node
from lookout.store import films
from services.gallery import keys
from services.gallery.api.query import NoParameters, parse
from services.gallery.pages import seen

WHOLE = 100  # per cent


async def film_seen(request: web.Request) -> web.Response:
    """What was seen in the last frame of a film that was looked at; `frame` is null for none.

    Boxes are x, y, width, height in per cent of the frame.
    """
    parse(NoParameters, request.query)
    node = check_node(request.match_info["node"])
    row = await films.last(request.app[keys.REDIS], node)
    return web.json_response({"node": node, "frame": row.get("frame"), "things": _things(row)})


def _things(row: dict[str, str]) -> list[dict[str, Any]]:
    """Others may write there, too."""
    try:
        boxes = json.loads(row.get("boxes", "[]"))
    except (ValueError, RecursionError):
        return []
    size = {"width": WHOLE, "height": WHOLE}
    found = seen.of_image({"labels": row.get("labels"), "boxes": boxes, **size})
    return [
        {"label": box.label, "kind": box.kind, "box": [box.x, box.y, box.width, box.height]}
        for box in found.boxes
    ]
