"""A publisher that sends what it is told, byte for byte: no client library would (MQTT 5)."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

PUBLISH, PUBACK, CONNACK = 0x30, 0x40, 0x20  # MQTT 5, section 2.1.2: the packets' types
MOST_UNACKNOWLEDGED = 64  # the broker's Receive Maximum is larger
ANSWER_SECONDS = 30.0
KEEPALIVE = 600  # seconds
USER, EXPIRY, CONTENT_TYPE, RESPONSE, CORRELATION = 0x26, 0x02, 0x03, 0x08, 0x09  # 3.3.2.3


@dataclass(frozen=True, slots=True)
class Packet:
    """A message as raw bytes; `properties` are encoded already, see `user` and its like."""

    topic: bytes
    payload: bytes
    properties: bytes = b""
    qos: int = 1
    retain: bool = False

    def encode(self, identifier: int) -> bytes:
        """The PUBLISH packet (MQTT 5, section 3.3)."""
        body = sized(self.topic)
        if self.qos:
            body += identifier.to_bytes(2, "big")
        body += variable(len(self.properties)) + self.properties + self.payload
        return bytes([PUBLISH | self.qos << 1 | self.retain]) + variable(len(body)) + body

    def __str__(self) -> str:
        return (
            f"{self.topic.decode(errors='backslashreplace')} {self.payload[:300]!r} "
            f"properties={self.properties[:300]!r} qos={self.qos} retain={self.retain}"
        )


class Cut(Exception):
    """The broker has ended the connection: what was sent is not MQTT, or too large."""


@dataclass(slots=True)
class Publisher:
    """One connection; `Cut` when the broker has ended it. Open it with `connected`."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_UNACKNOWLEDGED))
    _gone: bool = False
    _next: int = 0
    _listening: asyncio.Task[None] | None = None

    async def send(self, packet: Packet) -> None:
        """Send it, and wait while too many are not acknowledged. Raises Cut."""
        if packet.qos:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._room.acquire()
            self._next = self._next % 0xFFFF + 1
        if self._gone:
            raise Cut
        try:
            self.writer.write(packet.encode(self._next))
            await self.writer.drain()
        except ConnectionError:
            raise Cut from None

    async def settled(self) -> None:
        """Wait until everything is acknowledged. Raises Cut."""
        async with asyncio.timeout(ANSWER_SECONDS):
            for _ in range(MOST_UNACKNOWLEDGED):
                await self._room.acquire()
        for _ in range(MOST_UNACKNOWLEDGED):
            self._room.release()
        if self._gone:
            raise Cut

    async def close(self) -> None:
        """Hang up."""
        if self._listening:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()

    def listen(self) -> None:
        """Count acknowledgements from now on, in a task of its own."""
        self._listening = asyncio.create_task(self._count(), name="acknowledgements")

    async def _count(self) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                kind, _ = await packet(self.reader)
                if kind & 0xF0 == PUBACK:
                    self._room.release()
        self._gone = True
        for _ in range(2 * MOST_UNACKNOWLEDGED):
            self._room.release()  # whoever waits shall see it


async def connected(url: str, client_id: str, *, expiry: int = 0, clean: bool = True) -> Publisher:
    """Log in. Raises Cut when the broker does not let us in."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    name, password = unquote(parts.username or ""), unquote(parts.password or "")
    flags = 0xC0 | (0x02 if clean else 0)  # user name, password, clean start
    body = sized(b"MQTT") + bytes([5, flags]) + KEEPALIVE.to_bytes(2, "big")
    body += b"\x05\x11" + expiry.to_bytes(4, "big")  # the session's expiry
    body += b"".join(sized(text.encode()) for text in (client_id, name, password))
    writer.write(b"\x10" + variable(len(body)) + body)
    kind, answer = await packet(reader)
    if kind != CONNACK or answer[1] != 0:
        writer.close()
        raise Cut
    publisher = Publisher(reader, writer)
    publisher.listen()
    return publisher


async def packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The next packet's first byte and its body."""
    kind, length, shift = (await reader.readexactly(1))[0], 0, 0
    while True:
        byte = (await reader.readexactly(1))[0]
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return kind, await reader.readexactly(length)


def variable(number: int) -> bytes:
    """A variable byte integer (MQTT 5, section 1.5.5)."""
    out = bytearray()
    while True:
        number, low = divmod(number, 0x80)
        out.append(low | (0x80 if number else 0))
        if not number:
            return bytes(out)


def sized(text: bytes) -> bytes:
    """A string or binary data (MQTT 5, sections 1.5.4 and 1.5.6)."""
    return len(text[:0xFFFF]).to_bytes(2, "big") + text[:0xFFFF]


def user(name: bytes, value: bytes) -> bytes:
    """A user property."""
    return bytes([USER]) + sized(name) + sized(value)


def users(properties: dict[str, str]) -> bytes:
    """Several user properties."""
    return b"".join(user(name.encode(), value.encode()) for name, value in properties.items())


def response_topic(topic: bytes) -> bytes:
    """Where an answer is wanted."""
    return bytes([RESPONSE]) + sized(topic)


def correlation(data: bytes) -> bytes:
    """What the answer shall carry."""
    return bytes([CORRELATION]) + sized(data)


def content_type(text: bytes) -> bytes:
    """What the payload is said to be."""
    return bytes([CONTENT_TYPE]) + sized(text)


def expires(seconds: int) -> bytes:
    """For how long the message is worth something."""
    return bytes([EXPIRY]) + (seconds & 0xFFFFFFFF).to_bytes(4, "big")
