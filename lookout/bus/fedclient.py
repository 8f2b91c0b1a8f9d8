"""A paho client that is given its packets, one at a time, instead of reading its socket.

paho stays the client: it connects, subscribes, publishes and keeps alive. One private method is
overridden and two are used, so that its version is looked at first (`can_be_fed`).
"""

import struct
import time
from collections.abc import Sequence
from typing import Final

import paho.mqtt as package
import paho.mqtt.client as paho

_ACKNOWLEDGED = struct.Struct("!BBH").pack
VERSIONS: Final = ("2.2.",)  # of paho, those in which this was tried


def can_be_fed() -> bool:
    """Whether this version of paho is one that we know; another reads its socket by itself."""
    return package.__version__.startswith(VERSIONS)


class FedClient(paho.Client):
    """See above."""

    _given: bytes = b""
    _broken: OSError | None = None
    was_closed: bool = False  # while it tells of a connection that the broker closed
    written: int = 0  # bytes given to sockets

    def give(self, packet: bytes) -> None:
        """Let paho deal with one whole packet."""
        self._given = packet
        self.loop_read()

    def heard(self) -> None:
        """Tell paho's keep-alive that something came."""
        self._last_bytes_received = time.monotonic()

    def end(self, why: str, *, by_broker: bool = True) -> None:
        """Let paho see a broken connection: it closes the socket and tells of it."""
        self._broken = ConnectionError(why)
        self.was_closed = by_broker
        self.loop_read()
        self._broken, self.was_closed = None, False

    def forget(self, mid: int) -> bool:
        """Do not send a message again that was not acknowledged; whether there was one."""
        with self._out_message_mutex:
            message = self._out_messages.pop(mid, None)
            if message is None:
                return False
            self._inflight_messages = max(0, self._inflight_messages - 1)
            return True

    def _sock_send(self, buf: bytes | bytearray) -> int:
        count = super()._sock_send(buf)
        self.written += count
        return count

    def acknowledge(self, mids: Sequence[int]) -> None:
        """Say of many messages with QoS 1 that they are dealt with, in one write."""
        data = b"".join(_ACKNOWLEDGED(paho.PUBACK, 2, mid) for mid in mids)
        self._packet_queue(paho.PUBACK, data, mids[0], 1)

    def _sock_recv(self, bufsize: int) -> bytes:
        if self._broken is not None:
            raise self._broken
        if not self._given:
            raise BlockingIOError
        data, self._given = self._given[:bufsize], self._given[bufsize:]
        return data
