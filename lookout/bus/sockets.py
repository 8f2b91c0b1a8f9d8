"""paho's socket on the event loop: readable and writable are told by the loop, not by a thread.

paho opens its socket on a helper thread; everything after that happens on the loop.
"""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any


class LoopSockets:
    """The four socket callbacks of a paho client, for the running event loop."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self.paused = False
        client.on_socket_open = self._opened
        client.on_socket_close = self._closed
        client.on_socket_register_write = self._wants_write
        client.on_socket_unregister_write = self._wrote

    def pause(self) -> None:
        """Read no more: what comes stays with the kernel, then with the sender."""
        self.paused = True
        if (sock := self._client.socket()) is not None and sock.fileno() >= 0:
            self._loop.remove_reader(sock.fileno())

    def resume(self) -> None:
        """Read on, first what TLS has decrypted already."""
        self.paused = False
        if (sock := self._client.socket()) is not None and sock.fileno() >= 0:
            self._loop.add_reader(sock.fileno(), self._readable, sock)
            self._loop.call_soon(self._read_decrypted, sock)

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
        self._on_loop(self._loop.add_reader, sock.fileno(), self._readable, sock)

    def _closed(self, _: Any, __: Any, sock: Any) -> None:
        if (descriptor := sock.fileno()) >= 0:
            self._on_loop(self._loop.remove_reader, descriptor)
            self._on_loop(self._loop.remove_writer, descriptor)

    def _wants_write(self, _: Any, __: Any, sock: Any) -> None:
        if (descriptor := sock.fileno()) >= 0:
            self._on_loop(self._loop.add_writer, descriptor, self._client.loop_write)

    def _wrote(self, _: Any, __: Any, sock: Any) -> None:
        if (descriptor := sock.fileno()) >= 0:
            self._on_loop(self._loop.remove_writer, descriptor)

    def _readable(self, sock: Any) -> None:
        self._client.loop_read()
        self._read_decrypted(sock)
        if sock.fileno() >= 0 and sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._read_to_the_end(sock)

    def _read_to_the_end(self, sock: Any) -> None:
        """The connection broke. uvloop says so once and then no more, whatever is left to read."""
        while sock.fileno() >= 0 and not self._client.loop_read():
            continue

    def _read_decrypted(self, sock: Any) -> None:
        """TLS may hold decrypted bytes that the selector does not know of."""
        while (
            isinstance(sock, ssl.SSLSocket)
            and not self.paused
            and sock.fileno() >= 0
            and sock.pending()
        ):
            self._client.loop_read()
