"""/api/searches: searches that people save under a name."""

from http import HTTPStatus
from typing import Annotated, Any

from aiohttp import web
from multidict import MultiDict
from pydantic import Field

from lookout.contract import filters
from lookout.store import saved
from services.gallery import keys
from services.gallery.api import bulk
from services.gallery.api.query import NoParameters, Parameters, parse
from services.gallery.api.searches import ImageParameters
from services.gallery.web.problems import Problem, bad_field, not_found


class SearchBody(Parameters):
    """A filter line."""

    q: Annotated[str, Field(min_length=1, max_length=filters.LONGEST)]


async def list_searches(request: web.Request) -> web.Response:
    """Every saved search, by name."""
    parse(NoParameters, request.query)
    return web.json_response({"searches": await every(request)})


async def save_search(request: web.Request) -> web.Response:
    """Save a search under a name; one that has it already is replaced."""
    parse(NoParameters, request.query)
    name, line = _name(request), (await bulk.read_body(request, SearchBody)).q
    parse(ImageParameters, MultiDict(q=line))
    try:
        await saved.save(request.app[keys.REDIS], name, line)
    except saved.TooManySearches as error:
        raise Problem(HTTPStatus.CONFLICT, str(error)) from None
    return web.json_response({"name": name, "q": line})


async def forget_search(request: web.Request) -> web.Response:
    """Delete a saved search; no picture goes with it."""
    parse(NoParameters, request.query)
    name = _name(request)
    if not await saved.forget(request.app[keys.REDIS], name):
        raise not_found(f"There is no saved search {name}.")
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def every(request: web.Request) -> list[dict[str, Any]]:
    """All of them as the API shows them."""
    found = await saved.every(request.app[keys.REDIS])
    return [{"name": name, "q": line} for name, line in found.items()]


def _name(request: web.Request) -> str:
    given = request.match_info["name"]
    try:
        return saved.check_name(given)
    except ValueError as error:
        raise bad_field("name", given, str(error)) from None
