"""Reverse proxies before a gallery, set up as docs/http.md says, and a stand-in for Home Assistant.

The stand-in does to requests and answers what Home Assistant's ingress does (its core and its
Supervisor, as of 2026.11): it compresses text, and drops the parameters of the content type.
"""

import re
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import hdrs, web
from aiohttp.test_utils import TestServer

from lookout.embedded.child import Child
from lookout.embedded.ports import HOST, ask, free_port, until_ready

PAGE = Path(__file__).parents[2] / "docs" / "http.md"
TOKEN = "/api/hassio_ingress/Zk3Xq"
PANEL = f"""<!doctype html><title>Panel</title><link rel="icon" href="data:,">
<iframe src="{TOKEN}/" width="900" height="700"></iframe>"""
USER = "Ann Example"
_DROPPED = {
    hdrs.TRANSFER_ENCODING,
    hdrs.CONTENT_LENGTH,
    hdrs.CONTENT_ENCODING,
    hdrs.CONTENT_TYPE,
}

NGINX = """
daemon off; master_process off; pid nginx.pid; error_log stderr warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    server {{ listen {host}:{port}; {snippet} }}
}}
"""
CADDY = """
{{
    admin off
    auto_https off
}}
http://{host}:{port} {{
    {snippet}
}}
"""


@asynccontextmanager
async def nginx(folder: Path, gallery: int) -> AsyncIterator[str]:
    """The address of an nginx before the gallery on a port of this computer."""
    command = ["nginx", "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"]
    async with _running(folder, "nginx", NGINX, command, gallery) as url:
        yield url


@asynccontextmanager
async def caddy(folder: Path, gallery: int) -> AsyncIterator[str]:
    """The same with Caddy."""
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", "caddy.conf"]
    async with _running(folder, "caddy", CADDY, command, gallery) as url:
        yield url


@asynccontextmanager
async def _running(
    folder: Path, name: str, template: str, command: list[str], gallery: int
) -> AsyncIterator[str]:
    program = shutil.which(name, path="/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin")
    if program is None:
        pytest.skip(f"there is no {name} on this machine: apt-get install {name}")
    folder.mkdir()
    snippet = _documented(name).replace("127.0.0.1:8080", f"{HOST}:{gallery}")
    port = free_port()
    text = template.format(host=HOST, port=port, snippet=snippet)
    (folder / f"{name}.conf").write_text(text)
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin"}
    child = Child(
        [program, *command[1:]], log=folder / "log", folder=folder, environment=environment
    )
    child.start()
    try:
        await until_ready(child, lambda: _answers(port), name)
        yield f"http://{HOST}:{port}/lookout"
    finally:
        await child.stop()


def _documented(language: str) -> str:
    """The block of docs/http.md in a language."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found, f"{PAGE.name} has no block of {language}"
    return found[1]


async def _answers(port: int) -> bool:
    return bool(await ask(port, b"GET /healthz HTTP/1.0\r\n\r\n"))


def own_address() -> str:
    """An address of this computer that is not loopback; skips where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent
        except OSError:
            pytest.skip("this machine has no network, so nothing can come from elsewhere")
        address: str = probe.getsockname()[0]
    return address


@asynccontextmanager
async def home_assistant(host: str, gallery: int) -> AsyncIterator[str]:
    """The address of a page with a panel that shows the gallery, as Home Assistant does."""
    app = web.Application()
    http = aiohttp.ClientSession(auto_decompress=False)

    async def panel(_: web.Request) -> web.Response:
        return web.Response(text=PANEL, content_type="text/html")

    async def ingress(request: web.Request) -> web.StreamResponse:
        return await _pass_on(
            http, request, f"http://{host}:{gallery}/{request.match_info['path']}"
        )

    app.router.add_get("/", panel)
    app.router.add_route("*", TOKEN + "/{path:.*}", ingress)
    server = TestServer(app, host=host)
    await server.start_server()
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        await http.close()
        await server.close()


async def _pass_on(
    http: aiohttp.ClientSession, request: web.Request, url: str
) -> web.StreamResponse:
    headers = request.headers.copy()
    for name in (hdrs.CONTENT_LENGTH, hdrs.TRANSFER_ENCODING, hdrs.ACCEPT_ENCODING):
        headers.popall(name, None)
    headers["X-Ingress-Path"] = TOKEN
    headers[hdrs.X_FORWARDED_FOR] = request.remote or ""
    headers[hdrs.X_FORWARDED_HOST] = request.host
    headers[hdrs.X_FORWARDED_PROTO] = request.scheme
    headers["X-Remote-User-Id"] = "0123456789abcdef"
    headers["X-Remote-User-Display-Name"] = USER
    async with http.request(
        request.method,
        url,
        headers=headers,
        params=request.query,
        data=await request.read(),
        allow_redirects=False,
        timeout=aiohttp.ClientTimeout(total=None),
    ) as answer:
        kept = [(name, value) for name, value in answer.headers.items() if name not in _DROPPED]
        response = web.StreamResponse(status=answer.status, headers=kept)
        response.content_type = answer.content_type  # without its parameters
        if _is_compressed(answer.content_type) and answer.status == 200:
            response.enable_compression()
        await response.prepare(request)
        try:
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
        except (aiohttp.ClientError, ConnectionError):
            pass  # the gallery or the browser has gone
    return response


def _is_compressed(content_type: str) -> bool:
    """As `should_compress` of Home Assistant's `hassio` integration."""
    if content_type.startswith("image/"):
        return "svg" in content_type
    return content_type != "text/event-stream"
