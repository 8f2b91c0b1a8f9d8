"""What becomes of a message that is not accepted: quarantined, counted and announced."""

import traceback
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import structlog
from prometheus_client import Counter
from pydantic import JsonValue

from lookout.bus.events import EventBus
from lookout.bus.intake import SHOWN
from lookout.bus.subscription import Message
from lookout.contract.errors import BadMessage, BadTopic
from lookout.contract.events import EVENTS
from lookout.contract.images import ImageMeta, claimed_id
from lookout.contract.topics import HUB, Topics
from lookout.contract.wire import Context, now
from lookout.store import quarantine
from lookout.store.client import Client
from lookout.store.nodes import Nodes
from lookout.store.waiting import Waiting

logger = structlog.get_logger()

LONGEST_TRACEBACK: Final = 4_000  # characters kept of each
REFUSED: Final = Counter("lookout_messages_refused", "Messages that the contract refuses", ["kind"])
FAILED: Final = Counter("lookout_messages_failed", "Messages that could not be handled", ["kind"])


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Takes what was refused or could not be handled, bounded, in the stream `rejected`."""

    client: Client
    events: EventBus
    topics: Topics
    waiting: Waiting = field(default_factory=Waiting)

    async def refused(self, message: Message, error: BadMessage) -> None:
        """It is not what the contract allows."""
        await self.refuse(self._kind(message), message, str(error))

    async def refuse(self, kind: str, message: Message, reason: str) -> None:
        """Keep what came as a `kind`, count it, and fire `KIND_rejected`."""
        node, topic = self._node(message), message.topic[:SHOWN]
        logger.warning("refused", kind=kind, topic=topic, reason=reason)
        REFUSED.labels(kind).inc()
        await self._keep(message, reason)
        if node != HUB:
            await self.waiting.until_done(partial(Nodes(self.client).count_rejected, node))
        data: dict[str, JsonValue] = {"kind": kind, "topic": topic, "reason": reason}
        if identifier := claimed_id(message.properties):
            data["id"] = identifier
        name = f"{kind}_rejected"
        self.events.fire(
            name if name in EVENTS else "message_rejected",
            {**data, "size": len(message.payload)},
            node=node,
            cause=_cause(message),
        )

    async def failed(self, message: Message, error: BaseException | None) -> None:
        """Its handler failed, or the process died of it twice: one event, `message_failed`."""
        kind = self._kind(message)
        reason = "the service ended twice while it was in hand" if error is None else repr(error)
        logger.error("a message failed", topic=message.topic[:SHOWN], exc_info=error)
        FAILED.labels(kind).inc()
        trace = "".join(traceback.format_exception(error)) if error is not None else reason
        await self._keep(message, reason, trace[-LONGEST_TRACEBACK:])
        self.events.fire(
            "message_failed",
            {"kind": kind, "reason": reason[:SHOWN], "topic": message.topic[:SHOWN]},
            node=self._node(message),
        )

    async def _keep(self, message: Message, reason: str, trace: str = "") -> None:
        keep = partial(
            quarantine.add,
            self.client,
            topic=message.topic,
            reason=reason,
            data=message.payload,
            properties=message.properties,
            received_at=now(),
            trace=trace,
        )
        await self.waiting.until_done(keep)

    def _kind(self, message: Message) -> str:
        try:
            return self.topics.parse(message.topic).kind
        except BadTopic:
            return "unknown"

    def _node(self, message: Message) -> str:
        """Whose it is; a bad topic is nobody's, so the hub tells of it."""
        try:
            address = self.topics.parse(message.topic)
        except BadTopic:
            return HUB
        return HUB if address.kind in {"hub_status", "hub_info"} else address.node


def _cause(message: Message) -> Context | None:
    try:
        own = {"context_id": message.properties.get("context_id", "")}
        identifier = ImageMeta.from_properties(own).context_id
    except BadMessage:
        return None
    return Context(id=identifier) if identifier else None
