"""TLS on behalf of libav, which checks certificates by other rules than the rest of the node.

It connects to a port of this computer, once; what goes through is encrypted to the camera.
"""

import asyncio
import contextlib
import ssl
from typing import Final

from lookout.host.tasks import cancel
from services.camera.settings.tls import Tls
from services.camera.sources.decoding import DecodedShot, Decoding
from services.camera.sources.network import tls

BLOCK: Final = 1 << 16  # bytes
CONNECT_SECONDS: Final = 10.0


class Tunnel:
    """Takes one connection at `host` and `port`."""

    host = "127.0.0.1"

    def __init__(self, host: str, port: int, settings: Tls) -> None:
        self.port = 0
        self.problem = ""  # why there is no way through
        self._to = host, port
        self._settings = settings
        self._server: asyncio.Server | None = None
        self._pump: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._take, self.host, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        if self._pump is not None:
            await cancel(self._pump)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._pump is not None or self._server is None:
            writer.transport.abort()
            return
        self._server.close()  # nobody else gets in
        self._pump = asyncio.create_task(self._through(reader, writer), name="tunnel")

    async def _through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await self._encrypted()
            if there is not None:
                await _both_ways((reader, writer), there)
            with contextlib.suppress(OSError):
                writer.close()  # after what libav has not read yet: the end of a film is there
                await writer.wait_closed()
        finally:
            writer.transport.abort()

    async def _encrypted(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """A connection to the camera that it is; None, and the problem, where there is none."""
        host, port = self._to
        writer: asyncio.StreamWriter | None = None
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                reader, writer = await asyncio.open_connection(
                    host, port, ssl=tls.context(self._settings)
                )
            tls.check(self._settings, writer.get_extra_info("ssl_object"))
        except tls.NotTheCamera as error:
            self.problem = str(error)
        except ssl.SSLError as error:
            self.problem = await tls.refusal(error, host, port)
        except (OSError, TimeoutError, ValueError) as error:  # a name that is none, too
            self.problem = str(error) or "no answer in time"
        else:
            return reader, writer
        if writer is not None:
            writer.transport.abort()
        return None


class Tunnelled:
    """A stream by way of a tunnel."""

    def __init__(self, tunnel: Tunnel, inner: Decoding) -> None:
        self._tunnel = tunnel
        self._inner = inner

    @property
    def newest(self) -> DecodedShot | None:
        return self._inner.newest

    @property
    def problem(self) -> str:
        return self._inner.problem and (self._tunnel.problem or self._inner.problem)

    @property
    def silence(self) -> str:
        return self._inner.silence

    async def close(self) -> None:
        await self._tunnel.close()
        await self._inner.close()


Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _both_ways(here: Ends, there: Ends) -> None:
    """Until one of them ends."""
    ways = [
        asyncio.create_task(_pour(here[0], there[1]), name="tunnel out"),
        asyncio.create_task(_pour(there[0], here[1]), name="tunnel in"),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await cancel(*ways)
        there[1].transport.abort()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while block := await reader.read(BLOCK):
            writer.write(block)
            await writer.drain()
