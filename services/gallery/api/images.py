"""/api/images: find images, get their bytes, keep or delete them."""

from http import HTTPStatus
from typing import Any

from aiohttp import web

from lookout.contract.images import split_image_id
from lookout.store import finding
from lookout.store.retention import keeping
from services.gallery import keys, metrics
from services.gallery.api import serialize
from services.gallery.api.query import DataParameters, NoParameters, parse
from services.gallery.api.searches import ImageParameters
from services.gallery.api.thumbnails import WIDTHS
from services.gallery.web.problems import Problem, not_found
from services.gallery.web.proxies import prefix_of

_SIGNATURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png"}
# The bytes under one id do not change, and the browser should not keep them longer than the hub.
_CACHE = "private, max-age=604800, immutable"


async def list_images(request: web.Request) -> web.Response:
    """Images that match, a page at a time."""
    return web.json_response(await find(request, parse(ImageParameters, request.query)))


async def find(request: web.Request, parameters: ImageParameters) -> dict[str, Any]:
    """A page of images as the API answers it."""
    found = await finding.page(request.app[keys.IMAGES], parameters.query(), parameters.context)
    images = [serialize.image(row, prefix_of(request)) for row in found.rows]
    return {"images": images, "next": found.next}


async def get_image(request: web.Request) -> web.Response:
    """One image without its bytes, and when it goes."""
    parse(NoParameters, request.query)
    return web.json_response(await describe(request, image_id(request)))


async def describe(request: web.Request, identifier: str) -> dict[str, Any]:
    """One image's fields and its life. Raises a 404 Problem."""
    images = request.app[keys.IMAGES]
    row = await images.get(identifier)
    if row is None:
        raise gone(identifier)
    return {**serialize.image(row, prefix_of(request)), "expires_in": await images.life(identifier)}


async def get_data(request: web.Request) -> web.Response:
    """An image's bytes, whole, in part, or as a thumbnail."""
    parameters = parse(DataParameters, request.query)
    identifier = image_id(request)
    tag = f"{identifier}-{parameters.width or 'full'}"
    if has_already(request, tag) and await request.app[keys.IMAGES].get(identifier):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=_headers(tag))
    data = await bytes_of(request, identifier, parameters.width)
    response = _whole_or_part(request, data, tag)
    response.content_type = type_of(data)
    if parameters.download:
        name = identifier.replace(":", "-") + (".png" if type_of(data) == "image/png" else ".jpg")
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


async def delete_image(request: web.Request) -> web.Response:
    """Remove an image and its thumbnails."""
    parse(NoParameters, request.query)
    identifier = image_id(request)
    request.app[keys.RECENT].forget(identifier)
    if not await request.app[keys.IMAGES].delete(identifier, WIDTHS):
        raise gone(identifier)
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def keep_image(request: web.Request) -> web.Response:
    """Let an image never expire, as far as the hub's quota goes."""
    parse(NoParameters, request.query)
    identifier = image_id(request)
    try:
        found = await keeping.keep(request.app[keys.REDIS], identifier)
    except keeping.QuotaReached as reached:
        raise too_much(reached) from None
    if not found:
        raise gone(identifier)
    return web.json_response(await describe(request, identifier))


async def release_image(request: web.Request) -> web.Response:
    """Let an image that is kept expire again, in its node's time from now."""
    parse(NoParameters, request.query)
    identifier = image_id(request)
    if not await keeping.release(request.app[keys.REDIS], identifier):
        raise gone(identifier)
    return web.json_response(await describe(request, identifier))


def image_id(request: web.Request) -> str:
    """The id in the path, checked before it becomes part of a key. Raises BadTopic, BadMessage."""
    identifier = request.match_info["id"]
    split_image_id(identifier)
    return identifier


def gone(identifier: str) -> Problem:
    """It was never there, or it has expired."""
    return not_found(f"There is no image {identifier}: it was never stored, or has expired.")


def too_much(reached: keeping.QuotaReached, **members: Any) -> Problem:
    """A 409 with what is used, and what is allowed."""
    kept = reached.kept
    used = {"images": kept.images, "bytes": kept.bytes}
    allowed = {"images": kept.most_images or None, "bytes": kept.most_bytes or None}
    return Problem(HTTPStatus.CONFLICT, str(reached), used=used, allowed=allowed, **members)


async def bytes_of(request: web.Request, identifier: str, width: int | None) -> bytes:
    """An image's bytes, or a thumbnail's. Raises a 404 Problem."""
    recent = request.app[keys.RECENT]
    data = recent.get(identifier, width)
    if data is not None:
        return data
    if width is None:
        data = await request.app[keys.IMAGES].data(identifier)
    else:
        data = await request.app[keys.THUMBNAILS].get(identifier, width)
    if data is None:
        raise gone(identifier)
    recent.put(identifier, width, data)
    return data


def _whole_or_part(request: web.Request, data: bytes, tag: str) -> web.Response:
    """The bytes that a Range header asks for (RFC 9110, section 14); one range at a time."""
    headers = _headers(tag)
    wanted = _range(request, len(data), tag)
    if wanted is None:
        metrics.IMAGE_BYTES.inc(len(data))
        return web.Response(body=data, headers=headers)
    start, stop = wanted
    metrics.IMAGE_BYTES.inc(stop - start)
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
    part = memoryview(data)[start:stop]
    return web.Response(status=HTTPStatus.PARTIAL_CONTENT, body=part, headers=headers)


def _range(request: web.Request, length: int, tag: str) -> tuple[int, int] | None:
    """First and one past the last byte; None for all. Raises a 416 Problem."""
    condition = request.headers.get("If-Range")
    if "Range" not in request.headers or (condition is not None and condition != f'"{tag}"'):
        return None
    try:
        start, stop, _ = request.http_range.indices(length)
    except ValueError:
        return None  # what we do not understand is ignored, as the RFC says
    if start >= stop:
        raise Problem(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            f"Range = {request.headers['Range']!r}: the image has {length} bytes.",
            headers={"Content-Range": f"bytes */{length}"},
        )
    return start, stop


def has_already(request: web.Request, tag: str) -> bool:
    """Whether who asks has it, by its If-None-Match."""
    return any(etag.value in {tag, "*"} for etag in request.if_none_match or ())


def _headers(tag: str) -> dict[str, str]:
    return {"ETag": f'"{tag}"', "Cache-Control": _CACHE, "Accept-Ranges": "bytes"}


def type_of(data: bytes) -> str:
    """By the bytes themselves: a type that a node claims could make the browser run a script."""
    known = (kind for start, kind in _SIGNATURES.items() if data.startswith(start))
    return next(known, "application/octet-stream")
