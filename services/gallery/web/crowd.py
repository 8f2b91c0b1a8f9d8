"""More connections than this process may have files: turned away in words, and told once.

Without it whoever comes last is closed without a line, or waits for ever, and so does the gallery
for Redis and its own files.
"""

import asyncio
import resource
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Final, cast

from aiohttp import web

from lookout.host.outage import Outage

RESERVED: Final = 64  # files for Redis, the broker, templates and pictures
MOST: Final = 16_384  # connections, however many files there may be
LEAST: Final = 16
RETRY_SECONDS: Final = 5
TEXT: Final = (
    "The gallery has as many connections as it may have files. Close some pages, or give it more "
    "files: `ulimit -n`, LimitNOFILE with systemd, `ulimits` with compose.\n"
)
_ANSWER: Final = (
    f"HTTP/1.1 503 {HTTPStatus.SERVICE_UNAVAILABLE.phrase}\r\nConnection: close\r\n"
    f"Retry-After: {RETRY_SECONDS}\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\n"
    f"Content-Length: {len(TEXT)}\r\n\r\n{TEXT}"
).encode()


def room_for_connections() -> int:
    """How many connections we may have; the limit of files is raised as far as it goes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, MOST + RESERVED)
    if hard == resource.RLIM_INFINITY:
        wanted = MOST + RESERVED
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return max(LEAST, min(MOST, soft - RESERVED - _open_files()))


class Crowd:
    """Gives each connection its handler, or turns it away."""

    def __init__(self, server: web.Server, most: int) -> None:
        self._server = server
        self._most = most
        self._outage = Outage("connections of the gallery")

    def __call__(self) -> asyncio.BaseProtocol:
        """The protocol of a new connection."""
        if len(self._server.connections) >= self._most:
            self._outage.down(TEXT.strip(), connections=self._most)
            return _TurnedAway()
        if len(self._server.connections) < self._most * 0.8:
            self._outage.up()
        return self._server()


class CrowdSite(web.BaseSite):
    """As aiohttp's TCPSite, whose connections come through a Crowd."""

    def __init__(
        self, runner: web.AppRunner, host: str, port: int, most: Callable[[], int]
    ) -> None:
        super().__init__(runner)
        self._host, self._port, self._limit = host, port, most

    @property
    def name(self) -> str:
        return f"http://{self._host}:{self._port}"

    async def start(self) -> None:
        """Listen. Raises OSError."""
        await super().start()
        server = cast("web.Server", self._runner.server)
        self._server = await asyncio.get_running_loop().create_server(
            Crowd(server, self._limit()), self._host, self._port, backlog=self._backlog
        )


class _TurnedAway(asyncio.Protocol):
    """Says why, and closes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        writer = cast("asyncio.WriteTransport", transport)
        writer.write(_ANSWER)
        writer.close()


def _open_files() -> int:
    try:
        return len(list(Path("/proc/self/fd").iterdir()))
    except OSError:
        return RESERVED
