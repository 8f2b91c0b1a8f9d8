"""paho's socket on the event loop, on asyncio's and on uvloop's."""

import asyncio
import socket
import struct
from collections.abc import Callable

import pytest
import uvloop

from lookout.bus.sockets import LoopSockets

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER of socket(7): no goodbye


class Reader:
    """Reads four bytes at a time, as paho reads a packet at a time; closes when it sees the end."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock: socket.socket | None = sock
        self.got = b""
        self.closed = asyncio.Event()

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


async def read_from_a_peer_that_resets() -> bytes:
    with socket.create_server(("127.0.0.1", 0)) as server:
        mine = socket.create_connection(server.getsockname())
        theirs, _ = server.accept()
    mine.setblocking(False)
    reader = Reader(mine)
    LoopSockets(reader)
    theirs.send(b"three packets")
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    theirs.close()
    reader.on_socket_open(reader, None, mine)  # type: ignore[attr-defined]
    try:
        async with asyncio.timeout(5):
            await reader.closed.wait()
    finally:
        mine.close()
    return reader.got


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
async def test_a_connection_that_breaks_while_something_is_left_to_read_is_noticed(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    def run() -> bytes:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            return runner.run(read_from_a_peer_that_resets())

    assert await asyncio.to_thread(run) == b"three packets"
