"""/login and /logout."""

from http import HTTPStatus

from aiohttp import web

from services.gallery import keys
from services.gallery.auth import COOKIE, safe_path
from services.gallery.problems import Problem
from services.gallery.proxies import prefix_of


async def show(request: web.Request) -> web.Response:
    """The form."""
    target = safe_path(request.query.get("next", "/"))
    if request.app[keys.DOOR].admits(request):
        raise web.HTTPSeeOther(prefix_of(request) + target)
    return _form(request, target)


async def enter(request: web.Request) -> web.StreamResponse:
    """A password was typed."""
    door, form = request.app[keys.DOOR], await request.post()
    target, given = safe_path(str(form.get("next", "/"))), str(form.get("password", ""))
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
