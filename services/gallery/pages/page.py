"""What every page shares."""

from typing import Any, Final

from aiohttp import web

from services.gallery import keys
from services.gallery.web.proxies import prefix_of

PLACE: Final = web.RequestKey("place", str)


def begin(request: web.Request) -> None:
    """Note the stream's place before anything is read: an open page hears of all that follows."""
    request[PLACE] = request.app[keys.STREAM].drawn()


def render(
    request: web.Request, template: str, *, status: int = 200, **context: Any
) -> web.Response:
    """A page; only its main part where the script of an open page asks (X-Fragment)."""
    broker = request.app[keys.SETTINGS].mqtt
    return request.app[keys.TEMPLATES].page(
        request,
        template,
        status=int(status),
        layout="bare.html" if "X-Fragment" in request.headers else "base.html",
        place=request.get(PLACE, ""),
        has_password=request.app[keys.DOOR].has_password,
        broker={"host": request.url.host, "port": broker.port, "root": broker.root},
        **context,
    )


def here(request: web.Request) -> str:
    """The page's path in the browser."""
    return prefix_of(request) + request.path
