"""/api/images: delete, bring back, keep, release and pack many at once.

What is to be deleted is found as a whole first, so that a search that was cut deletes nothing, and
each picture is looked at again, by its hash, in the step that removes it.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Final

from aiohttp import web
from multidict import MultiDict
from pydantic import Field, ValidationError

from lookout.contract.images import ImageId
from lookout.store import finding, trash
from lookout.store.retention import keeping
from lookout.store.retention.removal import GROUP, KEPT, SEEN, Victim
from lookout.store.search import Cursor, Row
from services.gallery import keys
from services.gallery.api.images import too_much
from services.gallery.api.nodes import body_of
from services.gallery.api.query import NoParameters, P, Parameters, explained, parse
from services.gallery.api.searches import ImageFilter
from services.gallery.web.problems import Problem

MOST: Final = 10_000  # pictures of one request
Ids = Annotated[tuple[ImageId, ...], Field(max_length=MOST)]


class IdsBody(Parameters):
    """Some images."""

    ids: Annotated[Ids, Field(min_length=1)]


class DeleteBody(Parameters):
    """Which images to delete: by ids, or by the filters of /api/images, as text."""

    ids: Ids = ()
    filter: dict[str, str | list[str]] | None = None
    dry_run: bool = Field(False, description="only say what would be deleted")


async def delete_images(request: web.Request) -> web.Response:
    """Delete those named or found; for ten seconds they can be brought back. Kept ones stay."""
    parse(NoParameters, request.query)
    asked = await read_body(request, DeleteBody)
    if bool(asked.ids) == (asked.filter is not None):
        raise Problem(HTTPStatus.BAD_REQUEST, "give ids, or a filter: one of them")
    rows = await (_named(request, asked.ids) if asked.ids else _found(request, asked.filter or {}))
    mortal = [row for row in rows if row.get("kept") not in KEPT]
    answer = {
        "dry_run": asked.dry_run,
        "kept": len(rows) - len(mortal),
        "bytes": sum(int(row.get("size", 0)) for row in mortal),
        "undo_seconds": trash.UNDO_SECONDS,
    }
    if asked.dry_run:
        return web.json_response(answer | {"deleted": [row["id"] for row in mortal]})
    gone = await _delete(request, [_victim(row) for row in mortal])
    return web.json_response(answer | {"deleted": gone})


async def restore_images(request: web.Request) -> web.Response:
    """Bring back what was deleted less than ten seconds ago."""
    parse(NoParameters, request.query)
    asked = await read_body(request, IdsBody)
    back = await trash.restore(request.app[keys.REDIS], asked.ids)
    return web.json_response({"restored": back})


async def keep_images(request: web.Request) -> web.Response:
    """Let images never expire, as far as the hub's quota goes."""
    parse(NoParameters, request.query)
    asked = await read_body(request, IdsBody)
    done: list[str] = []
    for each in asked.ids:
        try:
            if await keeping.keep(request.app[keys.REDIS], each):
                done.append(each)
        except keeping.QuotaReached as reached:
            raise too_much(reached, done=done) from None
    return web.json_response({"done": done})


async def release_images(request: web.Request) -> web.Response:
    """Let images that are kept expire again."""
    parse(NoParameters, request.query)
    asked = await read_body(request, IdsBody)
    redis = request.app[keys.REDIS]
    return web.json_response(
        {"done": [each for each in asked.ids if await keeping.release(redis, each)]}
    )


async def every(request: web.Request, wanted: ImageFilter) -> list[Row]:
    """All that a filter finds, without the bytes. Raises a 400 Problem where that is too much."""
    rows: list[Row] = []
    query = replace(wanted.query(), limit=GROUP)
    while True:
        page = await finding.page(request.app[keys.IMAGES], query, wanted.context)
        rows += page.rows
        if len(rows) > MOST:
            raise Problem(
                HTTPStatus.BAD_REQUEST,
                f"more than {MOST:,} pictures match: narrow it, such as by since and until",
            )
        if page.next is None:
            return rows
        query = replace(query, cursor=Cursor.decode(page.next))


async def _named(request: web.Request, ids: Sequence[str]) -> list[Row]:
    return await request.app[keys.IMAGES].read(tuple(dict.fromkeys(ids)), "kept")


async def _found(request: web.Request, texts: dict[str, str | list[str]]) -> list[Row]:
    given: MultiDict[str] = MultiDict()
    for name, text in texts.items():
        for each in text if isinstance(text, list) else [text]:
            given.add(name, each)
    wanted = parse(ImageFilter, given)
    if wanted.is_empty:
        raise Problem(HTTPStatus.BAD_REQUEST, "an empty filter would delete everything: give one")
    rows = await _named(request, [row["id"] for row in await every(request, wanted)])
    return [row for row in rows if wanted.finds(row)]


async def _delete(request: web.Request, victims: Sequence[Victim]) -> list[str]:
    gone: list[str] = []
    for start in range(0, len(victims), GROUP):
        part = await trash.delete(request.app[keys.REDIS], victims[start : start + GROUP])
        gone += [each.id for each in part]
    for each in gone:
        request.app[keys.RECENT].forget(each)
    return gone


def _victim(row: Row) -> Victim:
    """It must still be what it was, by all that it could have been chosen by."""
    names = (*SEEN, "lux", "temperature", "context_id", "parent_id", "tags")
    seen = [word for name in names for word in (name, row.get(name, ""))]
    return Victim(row["id"], int(row.get("size", 0)), tuple(seen))


async def read_body(request: web.Request, model: type[P]) -> P:
    """The JSON object of a request's body. Raises a 400 Problem naming what is wrong with it."""
    try:
        given = json.loads(await body_of(request) or b"{}")
        if not isinstance(given, dict):
            raise Problem(HTTPStatus.BAD_REQUEST, "the body must be a JSON object")
        return model.model_validate(given)
    except ValidationError as error:
        raise explained(model, error) from None
    except (ValueError, RecursionError):
        raise Problem(HTTPStatus.BAD_REQUEST, "the body is no JSON") from None
