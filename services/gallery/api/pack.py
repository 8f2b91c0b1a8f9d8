"""/api/images.zip: many pictures in one file, made while it is sent: one picture is in memory."""

import io
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Final

import structlog
from aiohttp import web
from pydantic import BeforeValidator, Field

from lookout.contract.images import ImageId, split_image_id
from lookout.store.errors import StoreError
from services.gallery import keys
from services.gallery.api import bulk
from services.gallery.api.images import type_of
from services.gallery.api.query import parse
from services.gallery.api.searches import ImageFilter
from services.gallery.api.values import several
from services.gallery.web.problems import Problem

logger = structlog.get_logger()
EARLIEST: Final = datetime(1980, 1, 1, tzinfo=UTC)  # that a zip can tell
_ENDINGS: Final = {"image/jpeg": "jpg", "image/png": "png"}


class ZipParameters(ImageFilter):
    """Which images: those named, or those that the filters find."""

    id: Annotated[tuple[ImageId, ...], BeforeValidator(several), Field(max_length=bulk.MOST)] = ()


async def get_zip(request: web.Request) -> web.StreamResponse:
    """The images named or found, in one zip; what has expired by its turn is listed in it."""
    wanted = parse(ZipParameters, request.query)
    return await _send(request, wanted)


async def post_zip(request: web.Request) -> web.StreamResponse:
    """As GET, with the parameters in a form: for more ids than an address can hold."""
    form = await request.post()
    given = form.copy()
    if any(not isinstance(value, str) for value in given.values()):
        raise Problem(HTTPStatus.BAD_REQUEST, "no files are taken here")
    return await _send(request, parse(ZipParameters, given))  # type: ignore[arg-type]


async def _send(request: web.Request, wanted: ZipParameters) -> web.StreamResponse:
    if wanted.is_empty:
        raise Problem(HTTPStatus.BAD_REQUEST, "give ids (id=...), or a filter of /api/images")
    ids = wanted.id or tuple(row["id"] for row in await bulk.every(request, wanted))
    if not ids:
        raise Problem(HTTPStatus.NOT_FOUND, "No picture matches: there is nothing to pack.")
    response = web.StreamResponse(
        headers={
            "Content-Type": "application/zip",
            "Content-Disposition": f'attachment; filename="lookout-{len(ids)}-pictures.zip"',
            "Cache-Control": "no-store",
        }
    )
    await response.prepare(request)
    try:
        async for piece in _packed(request, ids):
            await response.write(piece)
    except (StoreError, ConnectionError) as error:
        logger.warning("a zip broke off", pictures=len(ids), reason=str(error))
        if request.transport is not None:
            request.transport.abort()  # half a zip must not look like a whole one
    return response


async def _packed(request: web.Request, ids: tuple[str, ...]) -> AsyncIterator[bytes]:
    sink = _Sink()
    gone: list[str] = []
    # JPEGs are packed already: they are stored as they are.
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for each in ids:
            data = await request.app[keys.IMAGES].data(each)
            if data is None:
                gone.append(each)
                continue
            archive.writestr(_entry(each, data), data)
            yield sink.taken()
        if gone:
            text = "These had expired or were deleted when it was their turn:\n"
            archive.writestr("MISSING.txt", text + "\n".join(gone) + "\n")
    yield sink.taken()


def _entry(image_id: str, data: bytes) -> zipfile.ZipInfo:
    """NODE/NODE-TIME.jpg, in UTC, with its time of day."""
    node, milliseconds = split_image_id(image_id)
    moment = max(EARLIEST, datetime.fromtimestamp(milliseconds / 1000, UTC))
    ending = _ENDINGS.get(type_of(data), "bin")
    name = f"{node}/{node}-{moment:%Y%m%dT%H%M%S}{milliseconds % 1000:03d}Z.{ending}"
    return zipfile.ZipInfo(name, moment.timetuple()[:6])


class _Sink(io.RawIOBase):
    """What was written since it was last taken; nobody can go back in it."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self._written += piece
        return len(piece)

    def taken(self) -> bytes:
        piece = bytes(self._written)
        self._written.clear()
        return piece
