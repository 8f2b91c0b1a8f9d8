"""A GET for cameras whose answers a strict client refuses, read as browsers and curl read it.

Headers without a name or a colon, lengths that are none, given twice or a little off: what cannot
be understood is left out. The request says HTTP/1.0, so the body ends with the connection.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from services.camera.settings.address import Address
from services.camera.sources.network.answer import Answer, HttpFailed

MOST_HEADER: Final = 1 << 16  # bytes
BLOCK: Final = 1 << 16
_END_OF_HEAD: Final = re.compile(rb"\r?\n\r?\n")
_STATUS: Final = re.compile("[1-5][0-9][0-9]")


@dataclass(frozen=True, slots=True)
class Plain:
    """An answer, and the encryption that it came by."""

    answer: Answer
    encryption: ssl.SSLObject | None


async def ask(address: Address, basic: str, context: ssl.SSLContext | None) -> Plain:
    """Ask once, on a connection of its own. Raises HttpFailed, OSError, and what TLS raises."""
    reader, writer = await asyncio.open_connection(
        address.host, address.port, ssl=context, limit=MOST_HEADER
    )
    try:
        writer.write(_request(address, basic))
        answer = _understood(await _head(reader), reader, writer)
    except BaseException:
        writer.transport.abort()
        raise
    return Plain(answer, writer.get_extra_info("ssl_object"))


def _request(address: Address, basic: str) -> bytes:
    login = f"Authorization: Basic {basic}\r\n" if basic else ""
    host = address.plain.split("/")[2]
    target = address.target if address.target.startswith("/") else f"/{address.target}"
    return f"GET {target} HTTP/1.0\r\nHost: {host}\r\n{login}Connection: close\r\n\r\n".encode()


async def _head(reader: asyncio.StreamReader) -> bytes:
    """What comes up to the first empty line, or as much as a header may have."""
    head = b""
    while len(head) < MOST_HEADER and _END_OF_HEAD.search(head) is None:
        block = await reader.read(BLOCK)
        if not block:
            break
        head += block
    return head


def _understood(begun: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Answer:
    def close() -> None:  # it holds the writer, which else would close itself
        writer.transport.abort()

    status, reason, headers, body = _parted(begun)
    if "chunked" in headers.get("transfer-encoding", "").lower():
        raise HttpFailed("what it answers is not HTTP: chunks, to a client that knows none")
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return Answer(status, reason, kind, _blocks(body, reader), close)


def _parted(begun: bytes) -> tuple[int, str, dict[str, str], bytes]:
    """Status, reason, headers and the beginning of the body.

    Some cameras leave out all but the body (arduino-esp32 #3597), as HTTP 0.9 had it.
    """
    end = _END_OF_HEAD.search(begun)
    head = begun[: end.start()] if end else begun
    first, *lines = head.decode("latin-1").replace("\r", "").split("\n")
    words = first.split(maxsplit=2)
    if end is None or len(words) < 2 or not _STATUS.fullmatch(words[1]):
        return 200, "", {}, begun
    parted = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in parted}
    return int(words[1]), " ".join(words[2:]), headers, begun[end.end() :]


async def _blocks(begun: bytes, reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    block = begun
    try:
        while block or not reader.at_eof():
            if block:
                yield block
            block = await reader.read(BLOCK)
    except OSError:  # cut off: what came may be whole
        return
