"""paho's socket on the event loop, on asyncio's and on uvloop's."""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from typing import TypeVar

import pytest
import uvloop

from lookout.bus.reading import PahoReading
from lookout.bus.sockets import LoopSockets

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER of socket(7): no goodbye
LOOPS = pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
T = TypeVar("T")
NewLoop = Callable[[], asyncio.AbstractEventLoop]


class Reader:
    """Reads four bytes at a time, as paho reads a packet at a time; closes when it sees the end."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock: socket.socket | None = sock
        self.got = b""
        self.closed = asyncio.Event()
        self.faults: list[Exception] = []

    def socket(self) -> socket.socket | None:
        return self.sock

    def loop_read(self) -> int:
        assert self.sock is not None
        try:
            data = self.sock.recv(4)
        except BlockingIOError:
            return 0
        except OSError:
            data = b""
        self.got += data
        if not data:
            gone, self.sock = self.sock, None
            self.on_socket_close(self, None, gone)  # type: ignore[attr-defined]
            gone.close()
            self.closed.set()
        return 0 if data else 7

    def fail(self) -> int:
        raise ZeroDivisionError

    def failed(self, error: Exception) -> None:
        self.faults.append(error)
        self.closed.set()


def pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        mine = socket.create_connection(server.getsockname())
        theirs, _ = server.accept()
    mine.setblocking(False)
    return mine, theirs


async def until_closed(reader: Reader, mine: socket.socket) -> None:
    reader.on_socket_open(reader, None, mine)  # type: ignore[attr-defined]
    try:
        async with asyncio.timeout(30):
            await reader.closed.wait()
    finally:
        mine.close()


async def read_from_a_peer_that_resets() -> bytes:
    mine, theirs = pair()
    reader = Reader(mine)
    LoopSockets(reader, PahoReading(reader.loop_read), reader.failed)
    theirs.send(b"three packets")
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    theirs.close()
    await until_closed(reader, mine)
    return reader.got


async def fail_at_what_comes() -> tuple[list[Exception], int]:
    mine, theirs = pair()
    reader = Reader(mine)
    LoopSockets(reader, PahoReading(reader.fail), reader.failed)
    theirs.send(b"a packet")
    await until_closed(reader, mine)
    theirs.close()
    return reader.faults, mine.fileno()


def run(new_loop: NewLoop, action: Callable[[], Coroutine[None, None, T]]) -> T:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(action())


@LOOPS
async def test_a_connection_that_breaks_while_something_is_left_to_read_is_noticed(
    new_loop: NewLoop,
) -> None:
    got = await asyncio.to_thread(run, new_loop, read_from_a_peer_that_resets)
    assert got == b"three packets"


@LOOPS
async def test_whatever_a_packet_leads_to_it_is_read_once_and_ends_the_connection(
    new_loop: NewLoop,
) -> None:
    faults, descriptor = await asyncio.to_thread(run, new_loop, fail_at_what_comes)
    assert [type(fault) for fault in faults] == [ZeroDivisionError]
    assert descriptor == -1


async def close_on_the_helper_thread() -> tuple[bytes, list[str]]:
    """A connection that fails while it is made; its descriptor is another socket's at once."""
    loop = asyncio.get_running_loop()
    said: list[str] = []
    loop.set_exception_handler(lambda _, context: said.append(str(context["message"])))
    mine, theirs = pair()
    reader = Reader(mine)
    LoopSockets(reader, PahoReading(reader.loop_read), reader.failed)

    def fail() -> None:
        for step in ("open", "register_write", "close"):
            getattr(reader, f"on_socket_{step}")(reader, None, mine)
        mine.close()

    helper = threading.Thread(target=fail)
    helper.start()
    helper.join()
    theirs.close()
    others, peer = pair()  # before the loop hears of what the thread did
    got = asyncio.Event()
    loop.add_reader(others.fileno(), got.set)
    await asyncio.sleep(0)
    peer.send(b"x")
    async with asyncio.timeout(30):
        await got.wait()
    loop.remove_reader(others.fileno())
    data = others.recv(1)
    others.close()
    peer.close()
    return data, said


@LOOPS
async def test_what_the_helper_thread_closes_costs_no_other_socket(new_loop: NewLoop) -> None:
    got, said = await asyncio.to_thread(run, new_loop, close_on_the_helper_thread)
    assert got == b"x"
    assert said == []
