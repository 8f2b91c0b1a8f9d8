"""A power cut under Redis: what it wrote and had not synced is gone.

A killed Redis loses next to nothing, since the kernel writes what it was given; a machine without
power loses what was not synced. Here nothing is synced any more from `before_the_cut` on, so that
nothing may be confirmed, and `cut` ends the server and takes it all out of the file.
"""

import os
from collections.abc import Callable
from pathlib import Path

from lookout.store.client import Client
from tests.support.servers import StoreServer

Left = Callable[[int], bytes]  # of so many bytes that were not synced


def nothing(_: int) -> bytes:
    """A file that ends where it was synced."""
    return b""


def zeros(lost: int) -> bytes:
    """As many file systems leave it: the length is written, the content is not."""
    return bytes(max(lost, 4096))


def old_bytes(lost: int) -> bytes:
    """What was on the card before, such as an older piece of the very file."""
    return (b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$9\r\n1234" + os.urandom(60)) * (lost // 90 + 3)


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
            lost = max(0, path.stat().st_size - self._synced[path])
            os.truncate(path, self._synced[path])
            with path.open("ab") as file:
                file.write(left(lost))

    async def back(self, left: Left = nothing) -> None:
        """The power is back, and Redis with what it had synced."""
        await self.cut(left)
        await self._server.start()
