"""/login and /logout."""

from http import HTTPStatus

from aiohttp import web

from services.gallery import keys
from services.gallery.web.auth import COOKIE, safe_path
from services.gallery.web.problems import Problem
from services.gallery.web.proxies import prefix_of


async def show(request: web.Request) -> web.Response:
    """The form."""
    target = safe_path(request.query.get("next", "/"))
    if request.app[keys.DOOR].admits(request):
        raise web.HTTPSeeOther(prefix_of(request) + target)
    return _form(request, target)


async def enter(request: web.Request) -> web.StreamResponse:
    """A password was typed."""
    door, form = request.app[keys.DOOR], await _typed(request)
    target, given = safe_path(form.get("next", "/")), form.get("password", "")
    if not door.has_password:
        raise web.HTTPSeeOther(prefix_of(request) + target)
    try:
        right = door.try_password(request, given)
    except Problem as problem:
        response = _form(request, target, problem.detail, status=int(problem.status))
        response.headers.update(problem.headers)
        return response
    if not right:
        text = "That is not the password."
        return _form(request, target, text, status=HTTPStatus.UNAUTHORIZED)
    answer = _see(request, target)
    door.let_in(request, answer)
    return answer


async def _typed(request: web.Request) -> dict[str, str]:
    """The form's texts. Raises a 400 Problem, or aiohttp's 413 and the like.

    aiohttp reads charsets, encodings and boundaries of the browser's choice with a dozen libraries,
    each with errors of its own: LookupError, UnicodeError, ValueError, zlib.error, AssertionError.
    """
    try:
        form = await request.post()
    except web.HTTPException:
        raise
    except Exception as error:
        kind = type(error).__name__
        raise Problem(HTTPStatus.BAD_REQUEST, f"The form cannot be read ({kind}).") from error
    for value in form.values():
        if isinstance(value, web.FileField):
            value.file.close()
    return {name: value for name, value in form.items() if isinstance(value, str)}


async def leave(request: web.Request) -> web.Response:
    """Forget this browser."""
    answer = _see(request, "/login")
    path = prefix_of(request) or "/"
    answer.del_cookie(COOKIE, path=path, httponly=True, samesite="Strict")
    return answer


def _see(request: web.Request, path: str) -> web.Response:
    """A redirect that can carry a cookie."""
    headers = {"Location": prefix_of(request) + path}
    return web.Response(status=HTTPStatus.SEE_OTHER, headers=headers)


def _form(request: web.Request, target: str, error: str = "", status: int = 200) -> web.Response:
    templates = request.app[keys.TEMPLATES]
    return templates.page(request, "login.html", status=status, next=target, error=error)
