"""Tell systemd how a service is doing, where systemd started it with Type=notify.

Protocol: sd_notify(3). Lines of NAME=VALUE in one datagram to the socket in NOTIFY_SOCKET.
"""

import os
import socket
from collections.abc import Mapping

import structlog

logger = structlog.get_logger()


class Systemd:
    """Says READY, STATUS, WATCHDOG and STOPPING; without systemd it says nothing."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._watchdog = environment.get("WATCHDOG_USEC", "")
        self._process = environment.get("WATCHDOG_PID", "")

    @property
    def watchdog_seconds(self) -> float | None:
        """Seconds within which systemd wants a sign of life, or None where it wants none."""
        if not self._watchdog.isdecimal() or int(self._watchdog) == 0:
            return None
        if self._process and self._process != str(os.getpid()):
            return None  # meant for another process
        return int(self._watchdog) / 1e6

    def ready(self) -> None:
        """The service does its work now."""
        self._send("READY=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._send("STATUS=" + " ".join(text.split()))

    def alive(self) -> None:
        """A sign of life: without it systemd ends and restarts the service."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """The service ends of its own accord."""
        self._send("STOPPING=1")

    def _send(self, line: str) -> None:
        if not self._address:
            return
        # A name that begins with @ is in the abstract namespace.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
                out.setblocking(False)
                out.sendto(line.encode(), address)
        except OSError as error:
            logger.warning("systemd was not told", line=line, reason=str(error))
