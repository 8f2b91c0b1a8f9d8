"""What it takes from the socket to a message, beside the bare receive of the same bytes.

A process that is no broker, but speaks like one, sends images as fast as they are taken: packets
made before, with all nine properties, so that nothing else is measured than reading them.
"""

import asyncio
import multiprocessing
import socket
import struct
import time
from typing import Any, Final
from unittest import mock

from bench import floor
from bench.floor import cpu
from bench.sender import NINE, jpeg_of
from lookout.bus import connection
from lookout.bus.outgoing import outgoing
from lookout.bus.packing import pack_number, pack_properties
from lookout.bus.session import Session, identifier_of
from lookout.contract.images import IMAGE_TYPE
from lookout.host.run import fast_loop, keep_large_buffers
from lookout.host.settings import Broker

TOPIC: Final = "lookout/garden/image"
SIZES: Final = (10_240, 102_400, 1_048_576, 5_242_880)
BYTES: Final = 400 << 20  # of each size together
CONNECTED: Final = b"\x20\x03\x00\x00\x00"
WAYS: Final = {"own": True, "paho": False}


async def measure() -> dict[str, Any]:
    """A row for each size: microseconds of processor for one image."""
    keep_large_buffers()  # as every service does
    return {f"{size >> 10} KiB": await asyncio.to_thread(_row, size) for size in SIZES}


def _row(size: int) -> dict[str, Any]:
    packet = packet_of(jpeg_of(size))
    count = max(50, BYTES // len(packet))
    bare = floor.measure(count * len(packet), send_on=False).cpu / count
    row = {"images": count, "bare_receive_us": round(bare * 1e6, 1)}
    for name, fed in WAYS.items():
        with asyncio.Runner(loop_factory=fast_loop()) as runner:
            took = runner.run(_read(packet, count, fed=fed)) / count
        row[f"{name}_us"] = round(took * 1e6, 1)
        row[f"{name}_to_bare"] = round(took / bare, 1)
    return row


def packet_of(jpeg: bytes) -> bytes:
    """A PUBLISH with QoS 1 as a broker passes on a camera's image."""
    message = outgoing(TOPIC, jpeg, user=NINE, ContentType=IMAGE_TYPE)
    body = struct.pack("!H", len(TOPIC)) + TOPIC.encode() + b"\x00\x01"
    identifier = b"\x0b" + pack_number(identifier_of(TOPIC))
    properties = pack_properties(message.properties)[2:] + identifier
    body += pack_number(len(properties)) + properties + jpeg
    return b"\x32" + pack_number(len(body)) + body


async def _read(packet: bytes, count: int, *, fed: bool) -> float:
    """Seconds of processor until so many messages were taken from their subscription."""
    server = socket.create_server(("127.0.0.1", 0))
    with mock.patch.object(connection, "can_be_fed", return_value=fed), server:
        port = server.getsockname()[1]
        context = multiprocessing.get_context("fork")
        broker = context.Process(target=_serve, args=(server, packet, count))
        broker.start()
        try:
            async with Session(Broker(url=f"mqtt://127.0.0.1:{port}"), "bench") as session:
                return await _take(session, count)
        finally:
            broker.join()


async def _take(session: Session, count: int) -> float:
    messages = session.subscribe(TOPIC, auto_ack=False)
    await anext(messages)
    before, left = cpu(), count - 1
    while left:
        await anext(messages)
        left -= 1 + len(messages.take_more(63))
    return cpu() - before


def _serve(server: socket.socket, packet: bytes, count: int) -> None:
    sock, _ = server.accept()
    with sock:
        sock.recv(1000)
        sock.sendall(CONNECTED)
        time.sleep(0.1)  # until the subscription is made
        for _ in range(count):
            sock.sendall(packet)
        while sock.recv(1 << 16):
            continue
