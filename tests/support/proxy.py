"""A network that fails as networks do: a TCP proxy on the loopback address."""

import asyncio
from types import TracebackType
from typing import Final, Self

from lookout.embedded.ports import HOST, free_port
from lookout.host.tasks import cancel

CHUNK: Final = 16_384  # bytes forwarded in one go


class Proxy:
    """Forwards connections to a port of this machine; use as an async context manager.

    `latency` is in seconds for each chunk, `rate` in bytes a second and direction (None: no limit).
    """

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self.latency = 0.0
        self.rate: float | None = None
        self._target = target
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self.mend()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.cut()

    def slow(self, *, latency: float = 0.0, rate: float | None = None) -> None:
        """Forward late, or little at a time."""
        self.latency, self.rate = latency, rate

    def stall(self) -> None:
        """Swallow: connections stay, new ones are taken, and nothing arrives."""
        self._flowing.clear()

    async def cut(self) -> None:
        """Break every connection and refuse new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        await cancel(*self._connections)

    async def mend(self) -> None:
        """Be a good network again; what a stall held arrives now."""
        self.slow()
        self._flowing.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._accepted, HOST, self.port)

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._forward(reader, writer), name="proxied connection")
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = [writer]
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self._target)
            writers.append(far_writer)
            await self._both_ways((reader, far_writer), (far_reader, writer))
        except OSError:
            return  # whoever is still there sees a broken connection
        finally:
            for each in writers:
                each.transport.abort()

    async def _both_ways(self, *ways: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        pumps = [asyncio.create_task(self._pump(*way), name="proxied way") for way in ways]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancel(*pumps)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(CHUNK):
            await asyncio.sleep(self.latency + (len(chunk) / self.rate if self.rate else 0.0))
            await self._flowing.wait()
            writer.write(chunk)
            await writer.drain()
