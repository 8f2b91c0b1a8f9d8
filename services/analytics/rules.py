"""What counts at each node, as it is now: the settings, and before them what people drew."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from lookout.contract.watched import Watched
from lookout.host.tasks import forever
from lookout.store import watching
from lookout.store.client import Client, transient
from lookout.store.errors import StoreAway

EVERYTHING: Final = Watched()
READ_SECONDS: Final = 2.0  # after which what was drawn holds


@dataclass(slots=True)
class Rules:
    """The rules of all nodes; `changed` is set when they are others than they were."""

    client: Client
    settings: Mapping[str, Watched]
    nodes: Mapping[str, Watched] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def of(self, node: str) -> Watched:
        """What counts at a node."""
        return self.nodes.get(node, EVERYTHING)

    async def begin(self, *, tell: bool) -> None:
        """Read them; `tell` the gallery what the settings are."""
        if tell:
            await transient(lambda: watching.note_settings(self.client, self.settings))
        await transient(self._read)
        self.changed.set()

    async def follow(self) -> None:
        """Read them again and again, until cancelled."""
        await forever("zones", self._read, pause=READ_SECONDS, on=(StoreAway,))

    async def _read(self) -> None:
        nodes = {**self.settings, **await watching.drawn(self.client)}
        if nodes != self.nodes:
            self.nodes = nodes
            self.changed.set()
