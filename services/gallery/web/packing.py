"""Text is sent compressed to whoever takes gzip: a list of 200 pictures is a tenth as long."""

from typing import Final

from aiohttp import hdrs, web

from services.gallery.web.middlewares import Handler

SMALLEST: Final = 1_000  # bytes; less fits into one packet as it is
INGRESS: Final = "X-Ingress-Path"
_PACKED: Final = ("text/", "application/json", "application/problem+json", "application/javascript",
                  "image/svg+xml")  # fmt: skip


@web.middleware
async def packed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Compress an answer of text. Streams are left alone: they have begun already."""
    response = await handler(request)
    if _is_text(response) and _is_long(response):
        response.headers.add(hdrs.VARY, hdrs.ACCEPT_ENCODING)
        if _takes_gzip(request):
            response.enable_compression(web.ContentCoding.gzip)
    return response


def _is_text(response: web.StreamResponse) -> bool:
    if isinstance(response, web.FileResponse):  # what it is shows when it is sent
        return response._path.suffix in {".js", ".css", ".svg"}
    return not response.prepared and response.content_type.startswith(_PACKED)


def _is_long(response: web.StreamResponse) -> bool:
    if isinstance(response, web.Response):
        return isinstance(response.body, bytes) and len(response.body) >= SMALLEST
    return True


def _takes_gzip(request: web.Request) -> bool:
    # Home Assistant's ingress drops Content-Encoding, and packs what it passes on by itself.
    if hdrs.RANGE in request.headers or INGRESS in request.headers:
        return False
    codings = request.headers.get(hdrs.ACCEPT_ENCODING, "").lower().replace(" ", "").split(",")
    return any(each == "gzip" or (each.startswith("gzip;") and not each.endswith("q=0"))
               for each in codings)  # fmt: skip
