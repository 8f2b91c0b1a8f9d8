"""The live view's HTTP: /video and /snapshot.jpg."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from lookout.video import mjpeg
from services.camera.live.streamer import Streamer
from services.camera.live.token import Token
from services.camera.settings import Live

FIRST_FRAME_SECONDS: Final = 15.0
SHUTDOWN_SECONDS: Final = 2.0
_LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Server:
    """Lets viewers in and shows them the streamer's frames."""

    settings: Live
    streamer: Streamer
    token: Token
    clock: Callable[[], float]

    async def video(self, request: web.Request) -> web.StreamResponse:
        """The film, for as long as the viewer wants it."""
        self._check(request)
        with self.streamer.watched() as frames:
            return await mjpeg.stream(request, frames)

    async def snapshot(self, request: web.Request) -> web.Response:
        """One frame that is newer than the request."""
        self._check(request)
        with self.streamer.watched() as frames:
            try:
                async with asyncio.timeout(FIRST_FRAME_SECONDS):
                    await frames.after(frames.number)
            except (TimeoutError, EOFError):
                raise web.HTTPServiceUnavailable(
                    text="The camera gives no picture. See this node's log."
                ) from None
            headers = {"Cache-Control": "no-store"}
            return web.Response(body=frames.jpeg, content_type="image/jpeg", headers=headers)

    def _check(self, request: web.Request) -> None:
        """Raises HTTPForbidden or HTTPServiceUnavailable."""
        if self.settings.is_loopback:
            # A web page elsewhere must not reach us by a name that it points here.
            if (request.url.host or "") not in _LOCAL_NAMES:
                raise web.HTTPForbidden(text="Ask for it as http://127.0.0.1.")
        elif not self.token.admits(request.query.get("token", ""), self.clock()):
            raise web.HTTPForbidden(
                text="The token is missing or too old: see live_url in the node's info."
            )
        if self.streamer.hidden:
            raise web.HTTPServiceUnavailable(text=self.streamer.hidden)
        if self.streamer.viewers >= self.settings.max_viewers:
            raise web.HTTPServiceUnavailable(
                text=f"{self.settings.max_viewers} are watching already (live.max_viewers)."
            )


@asynccontextmanager
async def listening(server: Server) -> AsyncIterator[int]:
    """The port on which it answers. Raises OSError when it cannot listen."""
    app = web.Application()
    app.router.add_get("/video", server.video)
    app.router.add_get("/snapshot.jpg", server.snapshot)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, server.settings.host, server.settings.port).start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def reached_as(settings: Live, broker: tuple[str, int]) -> str:
    """The address under which others find this node: for all addresses, the one it goes out by.

    A UDP socket that is "connected" to the broker sends nothing, but knows its own address.
    Raises OSError when there is no network.
    """
    if settings.host not in {"0.0.0.0", "::"}:  # noqa: S104
        return _bracketed(settings.host)
    family, _, _, _, address = socket.getaddrinfo(*broker, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect(address)
        return _bracketed(str(probe.getsockname()[0]))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
