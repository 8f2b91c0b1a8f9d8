"""What a broker may send that is no packet ends the connection with a reason, and is gone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from lookout.bus.fedclient import can_be_fed
from lookout.bus.session import Session
from lookout.host.settings import Broker

CONNECTED = b"\x20\x03\x00\x00\x00"
GOOD = b"\x30\x06\x00\x01t\x00ok"
MALFORMED = {
    "a length of five bytes": b"\x30\xff\xff\xff\xff\x01",
    "properties beyond the packet": b"\x30\x05\x00\x01t\x7fx",
    "a property of another packet": b"\x30\x08\x00\x01t\x03\x21\x00\x01x",
    "a topic that is no UTF-8": b"\x30\x05\x00\x01\xff\x00x",
    "QoS 3": b"\x36\x07\x00\x01t\x00\x01\x00x",
    "an empty PUBLISH": b"\x30\x00",
    "no type at all": b"\x00\x00",
    "a broken acknowledgement": b"\x40\x01\x00",
    "a broken answer to a subscription": b"\x90\x02\x00\x01",
}


@asynccontextmanager
async def broker_that_says(*connections: Sequence[bytes]) -> AsyncIterator[Broker]:
    """Sends these to the first client that connects, to the second, ...; each part by itself."""
    waiting = list(connections)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(CONNECTED)
        for part in waiting.pop(0) if waiting else ():
            await writer.drain()
            await asyncio.sleep(0)
            writer.write(part)
        while await reader.read(1000):
            continue
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield Broker(url=f"mqtt://127.0.0.1:{server.sockets[0].getsockname()[1]}")


@pytest.mark.parametrize("packet", MALFORMED.values(), ids=MALFORMED.keys())
async def test_a_malformed_packet_ends_the_connection_and_the_next_one_works(
    packet: bytes, reading: None, capsys: pytest.CaptureFixture[str]
) -> None:
    async with (
        broker_that_says([packet + GOOD], [GOOD]) as settings,
        Session(settings, "reader") as session,
        asyncio.timeout(30),
    ):
        assert (await anext(session.subscribe("t"))).payload == b"ok"
    said = capsys.readouterr().out
    assert "broker is away" in said and "reason=" in said


async def test_packets_that_come_in_pieces_and_in_crowds_are_read(reading: None) -> None:
    pieces = [bytes([byte]) for byte in GOOD]
    async with (
        broker_that_says([*pieces, GOOD * 250, b"\xd0\x00", *pieces]) as settings,
        Session(settings, "reader") as session,
        asyncio.timeout(30),
    ):
        messages = session.subscribe("t")
        assert [(await anext(messages)).payload for _ in range(252)] == [b"ok"] * 252


async def test_a_callback_that_fails_ends_the_connection_not_the_session(
    reading: None, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        if len(failures) < 1:
            failures.append(1)
            raise ZeroDivisionError

    failures: list[int] = []
    async with (
        broker_that_says([GOOD], [GOOD]) as settings,
        Session(settings, "reader") as session,
        asyncio.timeout(30),
    ):
        session.on_connect(fail)
        assert (await anext(session.subscribe("t"))).payload == b"ok"
    assert "ZeroDivisionError" in capsys.readouterr().out


def test_our_own_reading_is_used_with_the_paho_that_is_locked() -> None:
    assert can_be_fed()
