"""Whether what we send gets anywhere: bytes that the computer at the other end has taken.

A picture of 1.4 MB needs 93 s over a farm's radio of 15 kB/s. A ping waits behind it, so that the
answer to the ping says nothing of the connection; the bytes that go do. That computer may be a
modem or a proxy which takes all at once: then what the broker has not acknowledged gets the time
that it needs at LEAST_RATE.
"""

import array
import fcntl
import termios
from typing import Any, Final, Protocol

LEAST_RATE: Final = 5_000  # bytes a second


class Writer(Protocol):
    """A client that counts what it gave to its socket, in bytes."""

    written: int

    def want_write(self) -> bool: ...

    def socket(self) -> Any: ...


class Flow:
    """Looked at now and then; times are the event loop's."""

    def __init__(self, client: Writer) -> None:
        self._client = client
        self._taken = 0
        self._held = False  # whether some are still here
        self._moved_at = 0.0
        self._busy_at = 0.0
        self._sizes: dict[int, int] = {}  # bytes of each message that is not acknowledged

    @property
    def taken(self) -> int:
        """Bytes that the other side's computer has acknowledged, of all connections."""
        return self._client.written - _unsent(self._client.socket())

    def sent(self, mid: int, size: int) -> None:
        """A message of so many bytes is on its way."""
        self._sizes[mid] = size

    def acknowledged(self, mid: int, now: float) -> None:
        """The broker has it."""
        if self._sizes.pop(mid, None) is not None:
            self._moved_at = now

    def begin(self, now: float) -> None:
        """A new connection: what was not acknowledged is sent again."""
        self._moved_at = self._busy_at = now

    def look(self, now: float) -> None:
        """Note what has gone since the last look."""
        taken = self.taken
        if taken != self._taken:
            self._moved_at = now
        self._taken = taken
        self._held = self._client.want_write() or _unsent(self._client.socket()) > 0
        if self._held:
            self._busy_at = now

    def is_moving(self, now: float, patience: float) -> bool:
        """Whether something is on its way, and got on within `patience` seconds.

        The answer to a ping that went behind it has half of that time to come.
        """
        if self._held:
            return now - self._moved_at < patience
        beyond = sum(self._sizes.values()) / LEAST_RATE
        return now - self._busy_at < patience / 2 or now - self._moved_at < beyond


def _unsent(sock: Any) -> int:
    """Bytes that the kernel still holds for a socket, sent but not acknowledged ones included."""
    if sock is None or sock.fileno() < 0:
        return 0
    held = array.array("i", [0])
    try:
        fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, held)
    except OSError:
        return 0
    return held[0]
