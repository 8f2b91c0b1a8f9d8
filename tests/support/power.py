"""A power cut under Redis: what it wrote and had not synced is gone.

A killed Redis loses next to nothing, since the kernel writes what it was given; a machine without
power loses what was not synced. Here nothing is synced any more from `before_the_cut` on, so that
nothing may be confirmed, and `cut` ends the server and takes it all out of the file.
"""

import os
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from lookout.store.client import Client
from tests.support.servers import StoreServer

Left = Callable[[bytes], bytes]  # what lies there of the bytes that were not synced
_NAME: Final = re.compile(rb"\*\d+\r\n\$\d+\r\n([A-Z]+)\r\n")  # of a command
MOST_FLIPPED: Final = 3


def nothing(_: bytes) -> bytes:
    """A file that ends where it was synced."""
    return b""


def zeros(lost: bytes) -> bytes:
    """As many file systems leave it: the length is written, the content is not."""
    return bytes(max(len(lost), 4096))


def old_bytes(lost: bytes) -> bytes:
    """What was on the card before, such as an older piece of the very file."""
    old = b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$9\r\n1234" + os.urandom(60)
    return old * (len(lost) // 90 + 3)


def flipped(lost: bytes) -> bytes:
    """Written, with a bit flipped in the names of some commands.

    In the names only: a file without check sums cannot tell of one in a key or in a picture.
    """
    left = bytearray(lost)
    names = [found.span(1) for found in _NAME.finditer(lost)]
    for start, end in random.sample(names, min(len(names), MOST_FLIPPED)):
        left[random.randrange(start, end)] ^= 1 << random.choice((2, 3, 6))
    return bytes(left)


class PowerCut:
    """Of the server whose files are in `folder`."""

    def __init__(self, client: Client, server: StoreServer, folder: Path) -> None:
        self._client = client
        self._server = server
        self._files = folder / "appendonlydir"
        self._synced: dict[Path, int] = {}

    async def before_the_cut(self) -> None:
        """From now on nothing is synced."""
        await self._client.config_set("appendfsync", "no")
        self._synced = {path: path.stat().st_size for path in self._files.glob("*.incr.aof")}

    async def cut(self, left: Left = nothing) -> None:
        """The lights go out. `left` gives what lies where the last writes should be."""
        await self._server.kill()
        for path in self._files.glob("*.incr.aof"):
            lost = path.read_bytes()[self._synced[path] :]
            os.truncate(path, self._synced[path])
            with path.open("ab") as file:
                file.write(left(lost))

    async def back(self, left: Left = nothing) -> None:
        """The power is back, and Redis with what it had synced."""
        await self.cut(left)
        await self._server.start()
