"""Who is there: statuses turned into node_online and node_offline, silence into node_silent."""

from dataclasses import dataclass
from functools import partial

import structlog

from lookout.bus.events import EventBus
from lookout.bus.intake import Received
from lookout.contract.wire import now
from lookout.store.client import transient
from lookout.store.nodes import Nodes

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Presence:
    """Keeps the registry's statuses and announces changes, each once, over restarts too."""

    nodes: Nodes
    bus: EventBus
    silent_after: float

    async def handle(self, received: Received) -> None:
        """Take one status or info. Raises a StoreError when Redis refuses it for good."""
        await transient(partial(self._note, received))

    async def _note(self, received: Received) -> None:
        node = received.address.node
        if received.address.kind == "info":
            await self.nodes.set_info(node, received.model.encode().decode(), now())
        else:
            await self._status(node, received.model)

    async def _status(self, node: str, status: str) -> None:
        """Retained statuses come again at every start: only a change is news."""
        before = await self.nodes.status(node)
        if status == before:
            return
        # Noted first: while Redis takes no writes this is tried again, and must not tell each time.
        await self.nodes.set_status(node, status, now())
        self.bus.fire(f"node_{status}", {"before": before}, node=node)

    async def look_for_silence(self) -> None:
        """Announce nodes that have been silent for too long, once each."""
        for node in await self.nodes.all():
            age = now() - float(node.get("last_seen", 0.0))
            silent = age > self.silent_after and node.get("status") != "offline"
            if silent == node["silent"]:
                continue
            await self.nodes.set_silent(node["node"], silent)
            if silent:
                data = {"seconds": round(age), "limit": self.silent_after}
                self.bus.fire("node_silent", data, node=node["node"])
