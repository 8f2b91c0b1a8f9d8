"""Who is there: statuses turned into node_online and node_offline, silence into node_silent."""

from dataclasses import dataclass
from functools import partial

import structlog

from lookout.bus.events import EventBus
from lookout.bus.subscription import Message, Subscription
from lookout.contract.errors import BadMessage, BadTopic
from lookout.contract.nodes import parse_info, parse_status
from lookout.contract.topics import Topics
from lookout.contract.wire import now
from lookout.store.client import StoreError, transient
from lookout.store.nodes import Nodes

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Presence:
    """Keeps the registry's statuses and announces changes, each once, over restarts too."""

    topics: Topics
    nodes: Nodes
    bus: EventBus
    silent_after: float

    async def take(self, subscription: Subscription) -> None:
        """Follow statuses and infos as they come."""
        async for message in subscription:
            try:
                await transient(partial(self.handle, message), lambda _: None)
            except (BadTopic, BadMessage, StoreError) as error:
                logger.warning("not taken", topic=message.topic[:200], reason=str(error))
            message.ack()

    async def handle(self, message: Message) -> None:
        """Take one status or info. Raises BadTopic, BadMessage or a StoreError."""
        address = self.topics.parse(message.topic)
        if not message.payload:
            return  # the retained one was removed
        if address.kind == "info":
            info = parse_info(message.payload)
            await self.nodes.set_info(address.node, info.encode().decode(), now())
        elif address.kind == "status":
            await self._status(address.node, parse_status(message.payload))

    async def _status(self, node: str, status: str) -> None:
        """Retained statuses come again at every start: only a change is news."""
        before = await self.nodes.status(node)
        if status == before:
            return
        # Noted first: while Redis takes no writes this is tried again, and must not tell each time.
        await self.nodes.set_status(node, status, now())
        self.bus.fire(f"node_{status}", {"before": before}, node=node)

    async def look_for_silence(self) -> None:
        """Announce nodes of which nothing came for too long, once each."""
        for node in await self.nodes.all():
            age = now() - float(node.get("last_seen", 0.0))
            silent = age > self.silent_after and node.get("status") != "offline"
            if silent == node["silent"]:
                continue
            await self.nodes.set_silent(node["node"], silent)
            if silent:
                data = {"seconds": round(age), "limit": self.silent_after}
                self.bus.fire("node_silent", data, node=node["node"])
