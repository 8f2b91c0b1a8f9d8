"""The Expect header (RFC 9110, section 10.1.1), which aiohttp answers before any middleware."""

from http import HTTPStatus

from aiohttp import hdrs, web, web_urldispatcher
from aiohttp.http import HttpVersion11

from services.gallery.web.problems import Problem


async def answer_expectations(request: web.Request) -> web.StreamResponse | None:
    """Go on with `100-continue`; refuse anything else with a 417."""
    if request.version != HttpVersion11:
        return None
    if request.headers.get(hdrs.EXPECT, "").lower() != "100-continue":
        detail = "Expect: use 100-continue, or leave it out"
        return Problem(HTTPStatus.EXPECTATION_FAILED, detail).response(request.path)
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0  # or aiohttp believes that the answer has begun
    return None


def install() -> None:
    """For every address, also where there is none, so not by the argument of `add_route`.

    aiohttp 3.14's own repeats the header in its answer: bytes that are not UTF-8 make that a 500.
    """
    setattr(web_urldispatcher, "_default_expect_handler", answer_expectations)  # noqa: B010
