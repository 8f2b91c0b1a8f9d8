"""How any service of the hub begins: Redis, its lease, the broker, and where bad messages go.

async with hub_service(settings, "events", session_expiry=7 * DAY) as hub:
    await service.run(settings, hub)
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog

from lookout.bus.events import EventBus
from lookout.bus.intake import Intake
from lookout.bus.own import own_client_id
from lookout.bus.session import Session
from lookout.bus.suspects import Suspects
from lookout.contract.topics import HUB, Topics
from lookout.host import progress
from lookout.host.run import Unusable
from lookout.host.settings import HubSettings
from lookout.host.tasks import forever
from lookout.quarantine import Quarantine
from lookout.store import policy
from lookout.store.client import Client, opened, transient, wait_ready
from lookout.store.errors import StoreAway
from lookout.store.index import ensure_indexes
from lookout.store.locks import lease
from lookout.store.waiting import Waiting

logger = structlog.get_logger()

INDEX_SECONDS: Final = 10.0  # a Redis that came back empty gets its indexes again after this


@dataclass(frozen=True, slots=True)
class Hub:
    """What a service of the hub works with."""

    name: str
    topics: Topics
    session: Session
    client: Client
    events: EventBus
    waiting: Waiting
    quarantine: Quarantine
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
        if said := await transient(partial(policy.advice, client)):
            logger.warning("Redis is not set up as it should be", advice=said)
        # The client id stays the same: the broker's queue for us belongs to it, and it is for one.
        stack.enter_context(_ending_when_lost())
        await stack.enter_async_context(lease.held(client, name, lease.who(settings.data)))
        session = Session(
            settings.mqtt,
            own_client_id(settings.mqtt, name),
            presence=topics.hub_status(name),
            session_expiry=session_expiry,
            receive_maximum=receive_maximum,
        )
        await stack.enter_async_context(session)
        events = EventBus(session, topics, origin=HUB)
        events.tell_of_doubles(name)
        suspects = Suspects(settings.data / "run" / f"{name}.inhand")
        waiting = Waiting()
        quarantine = Quarantine(client, events, topics, waiting)
        intake = Intake(topics, quarantine, suspects)
        hub = Hub(name, topics, session, client, events, waiting, quarantine, intake)
        progress.current().on_change(lambda well: hub.say("online" if well else "offline"))
        yield hub


@contextmanager
def _ending_when_lost() -> Iterator[None]:
    try:
        yield
    except lease.Lost as lost:
        raise Unusable(str(lost)) from None
