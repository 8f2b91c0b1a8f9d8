"""/api/images/tag and /api/images/ID/note: what people say of pictures."""

from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import AfterValidator, Field

from lookout.contract import marks
from lookout.store import marking
from services.gallery import keys
from services.gallery.api import bulk
from services.gallery.api.images import describe, gone, image_id
from services.gallery.api.query import NoParameters, Parameters, parse
from services.gallery.api.values import Tag
from services.gallery.web.problems import Problem

SomeTags = Annotated[tuple[Tag, ...], Field(max_length=marks.MOST_TAGS)]


class TagBody(bulk.IdsBody):
    """Tags that some images get, and tags that are taken from them."""

    add: SomeTags = ()
    remove: SomeTags = ()


class NoteBody(Parameters):
    """What is written beside an image; nothing takes it away."""

    note: Annotated[str, AfterValidator(marks.check_note)]


async def tag_images(request: web.Request) -> web.Response:
    """Give tags to images, by which they are found (tag=...), or take some away."""
    parse(NoParameters, request.query)
    asked = await bulk.read_body(request, TagBody)
    if not (asked.add or asked.remove):
        raise Problem(HTTPStatus.BAD_REQUEST, "name tags to add, or to remove")
    ids = tuple(dict.fromkeys(asked.ids))
    try:
        done = await marking.tag(request.app[keys.REDIS], ids, asked.add, asked.remove)
    except marking.TooManyTags as error:
        raise Problem(HTTPStatus.CONFLICT, str(error), done=error.done) from None
    return web.json_response({"done": done})


async def note_image(request: web.Request) -> web.Response:
    """Write a note beside an image."""
    parse(NoParameters, request.query)
    identifier = image_id(request)
    asked = await bulk.read_body(request, NoteBody)
    if not await marking.note(request.app[keys.REDIS], identifier, asked.note):
        raise gone(identifier)
    return web.json_response(await describe(request, identifier))
