"""A private Mosquitto: on the loopback address, with passwords and the project's access rules."""

import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from lookout.embedded.child import STOP_SECONDS, Child
from lookout.embedded.ports import HOST, ask, free_port, until_ready
from lookout.embedded.programs import access_rules, find

CONFIGURATION = """\
listener {port} {host}
# The files stay ours, also when root starts it; for all others this line means nothing.
user root
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/acl

persistence true
persistence_location {folder}/
autosave_interval 60

# A 12-megapixel JPEG has 3 to 8 MB. A client that sends more is told so and cut off.
max_packet_size {max_packet_size}
# Images on their way to one client at a time: ingest asks for its own number.
max_inflight_messages 200
# Mosquitto 2.0.11 lets that number grow with each acknowledgement; the bytes hold.
max_inflight_bytes 16777216
# What waits for one client that is away: the first limit that is reached holds.
max_queued_messages 10000
max_queued_bytes 268435456
"""

MAX_PACKET_SIZE = 10_000_000  # bytes

# An MQTT 3.1.1 CONNECT without a user, and the head of any CONNACK: even "not authorised" is an
# answer. (MQTT 3.1.1, sections 3.1 and 3.2)
_CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x0a\x00\x00"
_CONNACK = b"\x20"


class Mosquitto:
    """A broker of our own in `folder`. Use as an async context manager.

    `users` are names and passwords. After `stop` or `kill`, `start` brings it back on the same
    port and with what it had saved. Raises Missing or NotStarted.
    """

    def __init__(
        self,
        folder: Path,
        users: Mapping[str, str],
        *,
        port: int = 0,
        max_packet_size: int = MAX_PACKET_SIZE,
    ) -> None:
        self.port = port or free_port()
        self._max_packet_size = max_packet_size
        self._more = ""
        self._folder = folder.resolve()
        self._users: dict[str, str] = {}
        self._new_users = dict(users)
        command = [find("mosquitto"), "-c", str(self._folder / "mosquitto.conf")]
        self._child = Child(command, log=self._folder / "mosquitto.log")

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def running(self) -> bool:
        return self._child.running

    @property
    def pid(self) -> int | None:
        return self._child.pid

    @property
    def log(self) -> Path:
        return self._child.log

    def url(self, user: str) -> str:
        """How this user reaches the broker."""
        return f"mqtt://{quote(user)}:{quote(self._users[user], safe='')}@{HOST}:{self.port}"

    async def start(self) -> None:
        """Start it and wait until it answers."""
        self._write_files()
        self._child.start()
        await until_ready(self._child, lambda: answers(self.port), "Mosquitto")

    async def stop(self, seconds: float = STOP_SECONDS) -> None:
        """End it in order: it saves sessions and retained messages."""
        await self._child.stop(seconds)

    async def kill(self) -> None:
        """End it at once, as a power cut would."""
        await self._child.kill()

    def freeze(self) -> None:
        """Let it hang, as a machine that swaps does, until `thaw`."""
        self._child.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._child.signal(signal.SIGCONT)

    def configure(self, more: str) -> None:
        """From the next start on, have these lines at the end of mosquitto.conf."""
        self._more = more

    def add_user(self, name: str, password: str) -> None:
        """Let somebody in from now on."""
        self._new_users[name] = password
        self._write_passwords()
        self._child.signal(signal.SIGHUP)

    def _write_files(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        configuration = CONFIGURATION.format(
            port=self.port, host=HOST, folder=self._folder, max_packet_size=self._max_packet_size
        )
        (self._folder / "mosquitto.conf").write_text(configuration + self._more)
        _write_private(self._folder / "acl", access_rules().read_text())
        self._write_passwords()

    def _write_passwords(self) -> None:
        """Hash the passwords of those who are new, and add them to the file."""
        new, hashed = self._folder / "passwords.new", self._folder / "passwords"
        _write_private(new, "".join(f"{n}:{word}\n" for n, word in self._new_users.items()))
        if self._new_users:
            # -U hashes a whole file in place, so that no password shows in the list of processes.
            subprocess.run([find("mosquitto_passwd"), "-U", new], check=True, capture_output=True)
        known = hashed.read_text() if self._users else ""
        _write_private(hashed, known + new.read_text())
        new.unlink()
        self._users |= self._new_users
        self._new_users = {}


async def answers(port: int) -> bool:
    """Whether an MQTT broker answers on this port of the loopback address."""
    return await ask(port, _CONNECT, _CONNACK) == _CONNACK


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
