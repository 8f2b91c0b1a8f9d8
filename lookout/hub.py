"""How any service of the hub begins: Redis, its lease, the broker, and where bad messages go.

async with hub_service(settings, "events", session_expiry=7 * DAY) as hub:
    await service.run(settings, hub)
"""

import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
from prometheus_client import Counter
from pydantic import JsonValue

from lookout.bus.events import EventBus
from lookout.bus.intake import SHOWN, Intake
from lookout.bus.session import Session
from lookout.bus.subscription import Message
from lookout.bus.suspects import Suspects
from lookout.contract.errors import BadMessage, BadTopic
from lookout.contract.events import EVENTS
from lookout.contract.topics import HUB, Topics
from lookout.contract.wire import now
from lookout.host import progress
from lookout.host.run import Unusable
from lookout.host.settings import HubSettings
from lookout.host.tasks import forever
from lookout.store import policy, quarantine
from lookout.store.client import Client, opened, transient, wait_ready
from lookout.store.errors import StoreAway
from lookout.store.index import ensure_indexes
from lookout.store.locks import lease
from lookout.store.nodes import Nodes

logger = structlog.get_logger()

INDEX_SECONDS: Final = 10.0  # a Redis that came back empty gets its indexes again after this
LONGEST_TRACEBACK: Final = 4_000  # characters kept of each
REFUSED: Final = Counter("lookout_messages_refused", "Messages that the contract refuses", ["kind"])
FAILED: Final = Counter("lookout_messages_failed", "Messages that could not be handled", ["kind"])


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Keeps what could not be handled, bounded, in the stream `rejected`, and announces it."""

    client: Client
    events: EventBus
    topics: Topics

    async def refused(self, message: Message, error: BadMessage) -> None:
        """It is not what the contract allows."""
        kind, node = self._kind(message), self._node(message)
        logger.warning("refused", topic=message.topic[:SHOWN], reason=str(error))
        REFUSED.labels(kind).inc()
        await self._keep(message, str(error))
        if node != HUB:
            await transient(partial(Nodes(self.client).count_rejected, node), lambda _: None)
        name = f"{kind}_rejected"
        data: dict[str, JsonValue] = {"reason": str(error), "size": len(message.payload)}
        self.events.fire(
            name if name in EVENTS else "message_rejected",
            {"kind": kind, "topic": message.topic[:SHOWN], **data},
            node=node,
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
        await transient(keep, lambda _: None)

    def _kind(self, message: Message) -> str:
        try:
            return self.topics.parse(message.topic).kind
        except BadTopic:
            return "unknown"

    def _node(self, message: Message) -> str:
        try:
            address = self.topics.parse(message.topic)
        except BadTopic:
            return HUB
        return HUB if address.kind in {"hub_status", "hub_info"} else address.node


@dataclass(frozen=True, slots=True)
class Hub:
    """What a service of the hub works with."""

    name: str
    topics: Topics
    session: Session
    client: Client
    events: EventBus
    intake: Intake

    @property
    def presence(self) -> str:
        """The topic that says whether this service is there."""
        return self.topics.hub_status(self.name)

    async def keep_indexes(self) -> None:
        """See that the search indexes are there, for ever."""
        step = partial(ensure_indexes, self.client)
        await forever("search indexes", step, pause=INDEX_SECONDS, on=(StoreAway,))

    def say(self, status: str) -> None:
        """`online` or `offline`, retained."""
        self.session.post(self.presence, status, retain=True)


@asynccontextmanager
async def hub_service(
    settings: HubSettings,
    name: str,
    *,
    session_expiry: int = 0,
    receive_maximum: int = 100,
) -> AsyncIterator[Hub]:
    """Open all that the service `name` needs, one process at a time; others stand by.

    The broker keeps its queue for `session_expiry` seconds while it is away. Its status follows
    the progress of its work. Raises SettingsError, or Unusable when another process took over.
    """
    topics = Topics(settings.mqtt.root)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(opened(settings.redis))
        await wait_ready(client, settings.redis)
        await ensure_indexes(client)
        if said := await transient(partial(policy.advice, client), lambda _: None):
            logger.warning("Redis is not set up as it should be", advice=said)
        # The client id is fixed: the broker's queue for us belongs to it, and it is for one only.
        stack.enter_context(_ending_when_lost())
        await stack.enter_async_context(lease.held(client, name, lease.who(settings.data)))
        session = Session(
            settings.mqtt,
            f"lookout-{name}",
            presence=topics.hub_status(name),
            session_expiry=session_expiry,
            receive_maximum=receive_maximum,
        )
        await stack.enter_async_context(session)
        events = EventBus(session, topics, origin=HUB)
        events.tell_of_doubles(name)
        suspects = Suspects(settings.data / "run" / f"{name}.inhand")
        intake = Intake(topics, Quarantine(client, events, topics), suspects)
        hub = Hub(name, topics, session, client, events, intake)
        progress.current().on_change(lambda well: hub.say("online" if well else "offline"))
        yield hub


@contextmanager
def _ending_when_lost() -> Iterator[None]:
    try:
        yield
    except lease.Lost as lost:
        raise Unusable(str(lost)) from None
