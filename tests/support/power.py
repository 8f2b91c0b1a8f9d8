"""A power cut under Redis: what it wrote and had not synced is gone.

A killed Redis loses next to nothing, since the kernel writes what it was given; a machine without
power loses what was not synced. Here nothing is synced any more from `before_the_cut` on, so that
nothing may be confirmed, and `cut` ends the server and takes it all out of the file.
"""

import os
from pathlib import Path

from lookout.store.client import Client
from tests.support.servers import StoreServer


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

    async def cut(self) -> None:
        """The lights go out."""
        await self._server.kill()
        for path in self._files.glob("*.incr.aof"):
            os.truncate(path, self._synced[path])

    async def back(self) -> None:
        """The power is back, and Redis with what it had synced."""
        await self.cut()
        await self._server.start()
