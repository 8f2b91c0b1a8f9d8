"""An HTTP/1.1 client that sends what it is told, byte for byte, and keeps its connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

ENDLESS = (b"text/event-stream", b"multipart/x-mixed-replace")
LARGEST_HEAD = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Request:
    """A request as raw bytes; Content-Length is added where nothing else is said."""

    method: bytes = b"GET"
    target: bytes = b"/"
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""

    def encode(self, host: str) -> bytes:
        """As on the wire."""
        names = {name.lower() for name, _ in self.headers}
        headers = list(self.headers)
        if b"host" not in names:
            headers.append((b"Host", host.encode()))
        if not names & {b"content-length", b"transfer-encoding"} and (
            self.body or self.method not in {b"GET", b"HEAD"}
        ):
            headers.append((b"Content-Length", b"%d" % len(self.body)))
        head = b"".join(b"%b: %b\r\n" % each for each in headers)
        return b"%b %b HTTP/1.1\r\n%b\r\n%b" % (self.method, self.target, head, self.body)

    def __str__(self) -> str:
        head = " ".join(f"{name!r}: {value[:200]!r}" for name, value in self.headers)
        return f"{self.method!r} {self.target[:400]!r} {head} body={self.body[:300]!r}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; status 0 when the server hung up without a word."""

    status: int
    headers: dict[bytes, bytes] = field(default_factory=dict)
    body: bytes = b""


class Browser:
    """One connection at a time to one server, from an address of this computer's own network."""

    def __init__(self, url: str, *, address: str = "127.0.0.1") -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._address = address
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: Request, seconds: float = 40.0) -> Answer:
        """Send and read the answer; of an endless one its head. Raises TimeoutError."""
        try:
            async with asyncio.timeout(seconds):
                return await self._ask(request)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Hang up."""
        line, self._line = self._line, None
        if line is not None:
            line[1].close()
            with suppress(ConnectionError, TimeoutError):
                async with asyncio.timeout(1):
                    await line[1].wait_closed()

    async def _ask(self, request: Request) -> Answer:
        wire = request.encode(f"{self._host}:{self._port}")
        for attempt in (1, 2):
            kept = self._line is not None
            reader, writer = await self._connected()
            try:
                with suppress(ConnectionError):  # it may answer before it has read everything
                    writer.write(wire)
                    await writer.drain()
                return await self._answer(reader, head_only=request.method == b"HEAD")
            except (ConnectionError, asyncio.IncompleteReadError):
                await self.close()
                if attempt == 2 or not kept:  # a kept connection may have ended meanwhile
                    break
        return Answer(0)

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._line is None:
            self._line = await asyncio.open_connection(
                self._host, self._port, local_addr=(self._address, 0), limit=LARGEST_HEAD
            )
        return self._line

    async def _answer(self, reader: asyncio.StreamReader, *, head_only: bool) -> Answer:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            first, *lines = head.split(b"\r\n")
            status = int(first.split()[1])
            if status != 100:  # "continue"
                break
        pairs = (line.partition(b":") for line in lines if line)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        if headers.get(b"content-type", b"").startswith(ENDLESS):
            await self.close()
            return Answer(status, headers)
        body = b"" if head_only or status in {204, 304} else await _body(reader, headers)
        if headers.get(b"connection", b"").lower() == b"close":
            await self.close()
        return Answer(status, headers, body)


@asynccontextmanager
async def browser(url: str, *, address: str = "127.0.0.1") -> AsyncIterator[Browser]:
    """One that hangs up afterwards."""
    one = Browser(url, address=address)
    try:
        yield one
    finally:
        await one.close()


async def _body(reader: asyncio.StreamReader, headers: dict[bytes, bytes]) -> bytes:
    if b"content-length" in headers:
        return await reader.readexactly(int(headers[b"content-length"]))
    if headers.get(b"transfer-encoding") != b"chunked":
        return await reader.read()
    body = bytearray()
    while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return bytes(body)
