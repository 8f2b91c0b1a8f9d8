"""What is done with a socket that has something to read: our way, and paho's to fall back on."""

import socket
import ssl
from collections.abc import Callable
from typing import Final, Protocol

from lookout.bus.fedclient import FedClient
from lookout.bus.packets import Packet, PacketBuffer
from lookout.bus.publish import PUBLISH, Malformed, Publish, read_publish

MOST_AT_ONCE: Final = 100  # packets until the loop gets its turn: at most some milliseconds
_TYPE, _QOS_2 = 0xF0, 0x04
_NOT_YET = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Reading(Protocol):
    """Reads packets from a socket and hands them out, until `paused`."""

    paused: bool

    def begin(self) -> None:
        """There is a new connection."""
        ...

    def read(self, sock: socket.socket) -> bool:
        """Read once and hand out what came; False when there was nothing to read.

        Raises whatever a malformed packet leads to.
        """
        ...

    def has_more(self, sock: socket.socket) -> bool:
        """Whether something is left that the kernel does not know of."""
        ...


class OwnReading:
    """Many packets with one read; those with messages by our own decoding, the others by paho's."""

    def __init__(self, client: FedClient, on_publish: Callable[[Publish], None]) -> None:
        self.paused = False
        self._client = client
        self._on_publish = on_publish
        self._buffer = PacketBuffer()

    def begin(self) -> None:
        """Forget what is left of an earlier connection."""
        self._buffer = PacketBuffer()

    def read(self, sock: socket.socket) -> bool:
        """See Reading. What lies here already goes first."""
        came = self._buffer.has_packet() or self._receive(sock)
        self._hand_out(sock)
        return came

    def has_more(self, sock: socket.socket) -> bool:
        """See Reading."""
        try:
            return self._buffer.has_packet() or is_decrypted(sock)
        except Malformed:
            return True  # `read` says so

    def _receive(self, sock: socket.socket) -> bool:
        try:
            count = sock.recv_into(self._buffer.room())
        except _NOT_YET:
            return False
        except OSError as error:
            self._client.end(str(error))
            return False
        if not count:
            self._client.end("the broker closed the connection")
            return False
        self._buffer.came(count)
        self._client.heard()
        return True

    def _hand_out(self, sock: socket.socket) -> None:
        for _ in range(MOST_AT_ONCE):
            if self.paused or sock.fileno() < 0 or (packet := self._buffer.take()) is None:
                return
            self._deal_with(packet)

    def _deal_with(self, packet: Packet) -> None:
        """QoS 2 is more than one packet: it is paho's, should a broker ever send it."""
        if packet.header & _TYPE == PUBLISH and not packet.header & _QOS_2:
            self._on_publish(read_publish(packet.header, packet.body))
        else:
            self._client.give(bytes(packet.whole))


class PahoReading:
    """paho reads its socket, a packet at a time; it calls `on_message`."""

    def __init__(self, read: Callable[[], int]) -> None:
        self.paused = False
        self._read = read

    def begin(self) -> None:
        """Nothing is kept here."""

    def read(self, _: socket.socket) -> bool:
        """See Reading."""
        return self._read() == 0

    def has_more(self, sock: socket.socket) -> bool:
        """See Reading."""
        return is_decrypted(sock)


def is_decrypted(sock: socket.socket) -> bool:
    """Whether TLS holds decrypted bytes, of which no selector knows."""
    return isinstance(sock, ssl.SSLSocket) and sock.fileno() >= 0 and sock.pending() > 0
