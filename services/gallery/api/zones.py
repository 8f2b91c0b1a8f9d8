"""/api/nodes/NODE/zones: what counts at a node, and where, as people draw it on a picture."""

from http import HTTPStatus
from typing import Any

from aiohttp import web

from lookout.contract.watched import Watched
from lookout.store import watching
from services.gallery import keys
from services.gallery.api import nodes
from services.gallery.api.query import NoParameters, parse
from services.gallery.web.problems import not_found


async def get_zones(request: web.Request) -> web.Response:
    """A node's zones and rules: what was drawn, else what the settings say."""
    parse(NoParameters, request.query)
    return web.json_response(await found(request, await _node(request)))


async def draw_zones(request: web.Request) -> web.Response:
    """Keep zones and rules for a node, all of them; from the next picture on they hold."""
    parse(NoParameters, request.query)
    node = await _node(request)
    rules = Watched.decode(await nodes.body_of(request))
    await watching.draw(request.app[keys.REDIS], node, rules)
    return web.json_response(_told(node, rules, is_drawn=True))


async def forget_zones(request: web.Request) -> web.Response:
    """Forget what was drawn for a node; what the settings say holds again."""
    parse(NoParameters, request.query)
    node = await _node(request)
    if not await watching.forget(request.app[keys.REDIS], node):
        raise not_found(f"Nothing was drawn for {node}.")
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def found(request: web.Request, node: str) -> dict[str, Any]:
    """The rules as the API shows them. Raises a StoreError."""
    rules, is_drawn = await watching.of_node(request.app[keys.REDIS], node)
    return _told(node, rules, is_drawn=is_drawn)


async def _node(request: web.Request) -> str:
    name = request.match_info["node"]
    await nodes.one_node(request, name)
    return name


def _told(node: str, rules: Watched, *, is_drawn: bool) -> dict[str, Any]:
    return {"node": node, "drawn": is_drawn, "rules": rules.model_dump(mode="json")}
