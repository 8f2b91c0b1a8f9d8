"""What becomes of a message that is refused for good: quarantine, count, event."""

from dataclasses import dataclass

import structlog
from pydantic import JsonValue

from lookout.bus.events import EventBus
from lookout.bus.subscription import Message
from lookout.contract.errors import BadMessage
from lookout.contract.images import ImageMeta
from lookout.contract.topics import HUB
from lookout.contract.wire import Context, now
from lookout.store import quarantine
from lookout.store.client import Client
from lookout.store.nodes import Nodes
from services.ingest import metrics
from services.ingest.patience import Patience

logger = structlog.get_logger()

LONGEST_ID = 100  # characters of a refused id that are repeated


@dataclass(frozen=True, slots=True)
class Refusals:
    """Where refused messages go."""

    client: Client
    events: EventBus
    patience: Patience

    async def refuse(self, kind: str, message: Message, reason: str, node: str | None) -> None:
        """Keep what came, count it, and announce `KIND_rejected` (of the hub, for a bad topic)."""
        topic = message.topic[:200]
        logger.warning("refused", kind=kind, topic=topic, reason=reason)
        metrics.REJECTED.labels(kind).inc()
        await self.patience.until_done(lambda: self._keep(message, reason, node))
        data: dict[str, JsonValue] = {"reason": reason, "size": len(message.payload)}
        if identifier := claimed_id(message):
            data["id"] = identifier
        if node is None:
            data["topic"] = topic
        self.events.fire(f"{kind}_rejected", data, node=node or HUB, cause=_cause(message))

    async def _keep(self, message: Message, reason: str, node: str | None) -> None:
        await quarantine.add(
            self.client,
            topic=message.topic,
            reason=reason,
            data=message.payload,
            properties=message.properties,
            received_at=now(),
        )
        if node is not None:
            await Nodes(self.client).count_rejected(node)


def claimed_id(message: Message) -> str:
    """The id that the sender gave, whatever it is worth, bounded."""
    return message.properties.get("id", "")[:LONGEST_ID]


def _cause(message: Message) -> Context | None:
    try:
        own = {"context_id": message.properties.get("context_id", "")}
        identifier = ImageMeta.from_properties(own).context_id
    except BadMessage:
        return None
    return Context(id=identifier) if identifier else None
