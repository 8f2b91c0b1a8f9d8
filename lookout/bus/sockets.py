"""paho's socket on the event loop: readable and writable are told by the loop, not by a thread.

paho opens its socket on a helper thread; everything after that happens on the loop.
"""

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

from lookout.bus.reading import Reading


class LoopSockets:
    """The four socket callbacks of a paho client, for the running event loop.

    `on_fault` is told what went wrong while a packet was read: after that nothing that comes can
    be trusted, and reading on would meet the same packet again.
    """

    def __init__(
        self, client: Any, reading: Reading, on_fault: Callable[[Exception], None]
    ) -> None:
        self._client = client
        self._reading = reading
        self._on_fault = on_fault
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._watched: dict[Any, int] = {}  # the descriptor of each socket that the loop knows
        self._going_on = False  # a further turn is due, for what the selector does not know of
        client.on_socket_open = self._opened
        client.on_socket_close = self._closed
        client.on_socket_register_write = self._wants_write
        client.on_socket_unregister_write = self._wrote

    @property
    def paused(self) -> bool:
        """Whether nothing is read."""
        return self._reading.paused

    def start_afresh(self) -> None:
        """The next connection begins by reading."""
        self._reading.paused = False

    def pause(self) -> None:
        """Read no more: what comes stays with the kernel, then with the sender."""
        self._reading.paused = True
        if (sock := self._client.socket()) is not None and sock.fileno() >= 0:
            self._loop.remove_reader(sock.fileno())

    def resume(self) -> None:
        """Read on, first what is here already."""
        self._reading.paused = False
        if (sock := self._client.socket()) is not None and sock.fileno() >= 0:
            self._loop.add_reader(sock.fileno(), self._readable, sock)
            self._go_on(sock)

    def flush(self) -> None:
        """Write what is left, as far as the socket takes it at once, and close."""
        while self._client.want_write():
            if self._client.loop_write() != 0:
                break
        if (sock := self._client.socket()) is not None:
            self._closed(self._client, None, sock)
            sock.close()

    def _on_loop(self, action: Callable[..., Any], *arguments: Any) -> None:
        if threading.get_ident() == self._thread:
            action(*arguments)
        else:
            self._loop.call_soon_threadsafe(action, *arguments)

    def _opened(self, _: Any, __: Any, sock: Any) -> None:
        self._on_loop(self._begin, sock)

    def _begin(self, sock: Any) -> None:
        if sock.fileno() >= 0:
            self._reading.begin()
            self._watched[sock] = sock.fileno()
            self._loop.add_reader(sock.fileno(), self._readable, sock)

    # What the helper thread says comes later, when the socket may be closed and its descriptor
    # somebody else's: so it is about the socket, and only where the loop knows it.

    def _closed(self, _: Any, __: Any, sock: Any) -> None:
        self._on_loop(self._forget, sock)

    def _forget(self, sock: Any) -> None:
        if (descriptor := self._watched.pop(sock, None)) is not None:
            self._loop.remove_reader(descriptor)
            self._loop.remove_writer(descriptor)

    def _wants_write(self, _: Any, __: Any, sock: Any) -> None:
        self._on_loop(self._watch_writing, sock)

    def _watch_writing(self, sock: Any) -> None:
        if sock in self._watched and sock.fileno() >= 0:
            self._loop.add_writer(sock.fileno(), self._client.loop_write)

    def _wrote(self, _: Any, __: Any, sock: Any) -> None:
        self._on_loop(self._stop_writing, sock)

    def _stop_writing(self, sock: Any) -> None:
        if (descriptor := self._watched.get(sock)) is not None:
            self._loop.remove_writer(descriptor)

    def _readable(self, sock: Any) -> None:
        self._read(sock)
        if sock.fileno() >= 0 and sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._read_to_the_end(sock)
        self._go_on(sock)

    def _read(self, sock: Any) -> bool:
        try:
            return self._reading.read(sock)
        except Exception as error:  # whatever came: it ends this connection, not the process
            self._on_fault(error)
            if sock.fileno() >= 0:
                self._closed(self._client, None, sock)
                sock.close()
            return False

    def _read_to_the_end(self, sock: Any) -> None:
        """The connection broke. uvloop says so once and then no more, whatever is left to read."""
        while sock.fileno() >= 0 and not self._reading.paused and self._read(sock):
            continue

    def _go_on(self, sock: Any) -> None:
        """Hand out what is left of a read, a turn of the loop at a time."""
        if not self._going_on and self._is_more(sock):
            self._going_on = True
            self._loop.call_soon(self._another_turn, sock)

    def _is_more(self, sock: Any) -> bool:
        return sock.fileno() >= 0 and not self._reading.paused and self._reading.has_more(sock)

    def _another_turn(self, sock: Any) -> None:
        self._going_on = False
        if self._is_more(sock):
            self._read(sock)
            self._go_on(sock)
