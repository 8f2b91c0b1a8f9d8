"""What happens around every request: count it, guard it, turn errors into answers."""

import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from aiohttp import web

from services.gallery import keys, metrics
from services.gallery.web.auth import check_origin
from services.gallery.web.problems import Problem, bad_field, from_error
from services.gallery.web.proxies import VISIT, prefix_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_OPEN: Final = ("/login", "/healthz", "/static/")
_FOR_PROGRAMS: Final = ("/api/", "/healthz", "/metrics")
_WITHOUT_REDIS: Final = (
    "/api/stream",
    "/{node}/live",
    "/api/live",
    "/metrics",
    "/login",
    "/api/openapi.json",
)
_ENDLESS: Final = frozenset({"text/event-stream", "multipart/x-mixed-replace"})
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; "
    "base-uri 'none'; "
    "frame-ancestors "
)
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


async def secure_headers(request: web.Request, response: web.StreamResponse) -> None:
    """On every answer, live streams included."""
    # aiohttp refuses an Expect header before it asks our middlewares.
    visit = request.get(VISIT) or request.app[keys.PROXIES].direct(request)
    # Home Assistant shows us in a frame of its own page, which has the same origin.
    response.headers["Content-Security-Policy"] = _POLICY + ("'self'" if visit.user else "'none'")
    response.headers.update(_HEADERS)
    if visit.scheme == "https":  # without it browsers complain of this one
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if "Cache-Control" not in response.headers:
        static = visit.url.path.startswith("/static/") and response.status < HTTPStatus.BAD_REQUEST
        # The URL of a static file changes with its content.
        keep = "public, max-age=31536000, immutable" if static else "no-store"
        response.headers["Cache-Control"] = keep


@web.middleware
async def fenced(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The outermost: whatever goes wrong further in becomes an answer, an error page's too."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception as error:
        problem = from_error(error)
    return problem.response(request.path)


@web.middleware
async def situated(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Further in, the request is as its browser sent it, without our prefix."""
    proxies = request.app[keys.PROXIES]
    request[VISIT] = proxies.direct(request)
    try:
        asked = proxies.visit(request).apply(request)
        _check_address(asked)
    except Problem as problem:
        return problem.response(request.path)
    return await handler(asked)


def _check_address(request: web.Request) -> None:
    """Raises a 400 Problem where Host or X-Forwarded-Host make no URL, such as with port 99999."""
    try:
        _ = request.url
    except ValueError:
        raise bad_field("Host", request.host, "use a name and a port") from None


@web.middleware
async def measured(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count answers and time them."""
    began = time.monotonic()
    try:
        response = await handler(request)
    except web.HTTPException as redirect:
        _count(request, redirect.status)
        raise
    _count(request, response.status)
    if response.content_type not in _ENDLESS:
        metrics.REQUEST_SECONDS.observe(time.monotonic() - began)
    return response


def _count(request: web.Request, status: int) -> None:
    resource = request.match_info.route.resource
    route = resource.canonical if resource else "unmatched"
    metrics.REQUESTS.labels(route, str(status)).inc()


@web.middleware
async def answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error becomes a problem for programs, a page for people."""
    try:
        return await handler(request)
    except Exception as error:
        if isinstance(error, web.HTTPException) and error.status < HTTPStatus.BAD_REQUEST:
            raise  # a redirect
        problem = from_error(error)
    if for_programs(request):
        return problem.response(prefix_of(request) + request.path)
    return _error_page(request, problem)


@web.middleware
async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let only those in who may come in."""
    door = request.app[keys.DOOR]
    door.check_host(request)
    check_origin(request)
    if request.path.startswith(_OPEN) or door.admits(request):
        return await handler(request)
    if for_programs(request) or request.method not in {"GET", "HEAD"}:
        raise _closed(request)
    raise web.HTTPSeeOther(f"{prefix_of(request)}/login?next={quote(request.path_qs)}")


def for_programs(request: web.Request) -> bool:
    """Whether the answer is for a program rather than a person."""
    path = request.path
    return (
        path.startswith(_FOR_PROGRAMS)
        or path.endswith("/latest.jpg")
        or "X-Fragment" in request.headers
    )


def _closed(request: web.Request) -> Problem:
    headers = {}
    if "Sec-Fetch-Mode" not in request.headers:  # a browser would open a window of its own
        headers["WWW-Authenticate"] = 'Basic realm="Lookout", Bearer realm="Lookout"'
    return Problem(
        HTTPStatus.UNAUTHORIZED,
        f"A password is needed: log in at {prefix_of(request)}/login, or send it as HTTP Basic or "
        "Bearer.",
        headers=headers,
    )


def _error_page(request: web.Request, problem: Problem) -> web.Response:
    response = request.app[keys.TEMPLATES].page(
        request,
        "error.html",
        status=int(problem.status),
        title=problem.status.phrase,
        detail=problem.detail,
        errors=problem.members.get("errors", ()),
        waits=problem.status == HTTPStatus.SERVICE_UNAVAILABLE,
        has_password=False,
    )
    response.headers.update(problem.headers)
    return response


@web.middleware
async def prompt(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The innermost: who only asks has an answer soon, also while Redis hangs."""
    resource = request.match_info.route.resource
    path = resource.canonical if resource else ""
    asks = request.method in {"GET", "HEAD"}
    if not asks or path.endswith(_WITHOUT_REDIS) or request.path.startswith(_OPEN):
        return await handler(request)
    async with request.app[keys.WATCH].answering():
        return await handler(request)
