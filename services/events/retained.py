"""Clears what nobody may let the broker retain: it is kept for ever, and fills the broker's memory.

Status, info, preview, reading and detection of a node are retained on purpose, one of each. The
rest is about what happens, and its topics are without number (`result/ANYTHING`). A broker has no
rule by which to refuse it, so it is looked for and taken out again.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import structlog

from lookout.bus.errors import BusError
from lookout.bus.events import EventBus
from lookout.bus.own import own_client_id
from lookout.bus.session import Session
from lookout.bus.subscription import Message, Subscription
from lookout.contract.topics import HUB, RESERVED, Topics
from lookout.host.settings import Broker
from services.events import metrics

logger = structlog.get_logger()

# Mosquitto's own count, told when it changes (mosquitto(8), "Broker status").
TOPIC: Final = "$SYS/broker/retained messages/count"
GROWN: Final = 200  # more retained messages than at the last look: time to look again
LOOK_SECONDS: Final = 5.0
SWEEP_SECONDS: Final = 600.0  # between two looks although the count does not grow
QUIET_SECONDS: Final = 2.0  # without another retained message a look is over
MOST: Final = 20_000  # cleared in one look
AT_ONCE: Final = 100  # on their way to the broker


def strangers(topics: Topics) -> Iterator[str]:
    """The filters of what may not be retained."""
    for kind in ("image", "stored", "event/#", "command/#", "result/#"):
        yield f"{topics.root}/+/{kind}"
    yield f"{topics.root}/{HUB}/reply/#"


@dataclass(slots=True)
class Retained:
    """Looks when the broker's count has grown, and now and then; each node is told of once."""

    broker: Broker
    topics: Topics
    bus: EventBus
    _count: int = 0
    _swept_count: int | None = None
    _swept_at: float = float("-inf")
    _told: set[str] = field(default_factory=set)

    async def handle(self, message: Message) -> None:
        """Take the broker's count."""
        if message.payload.isdigit():
            self._count = int(message.payload)

    async def look(self) -> None:
        """Sweep where it is time for it."""
        now = asyncio.get_running_loop().time()
        grown = self._count - (self._swept_count or 0) >= GROWN
        if not grown and now - self._swept_at < SWEEP_SECONDS:
            return
        found = await self.sweep()
        self._swept_at, self._swept_count = now, max(0, self._count - found.total())
        self._tell(found)

    async def sweep(self) -> Counter[str]:
        """Clear what strangers let the broker retain: how many of each node.

        By a connection of its own, as only who subscribes anew is given what is retained.
        """
        found: Counter[str] = Counter()
        async with Session(self.broker, own_client_id(self.broker, "events-retained")) as session:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await session.connected()
            kinds = [session.subscribe(each) for each in strangers(self.topics)]
            try:
                await asyncio.gather(*(self._clear(session, kind, found) for kind in kinds))
            except BusError as error:
                logger.warning("not all is cleared, will try again", reason=str(error))
        return found

    async def _clear(self, session: Session, messages: Subscription, found: Counter[str]) -> None:
        while found.total() < MOST:
            batch = await _retained(messages)
            if not batch:
                return
            for message in batch:
                found[self._node(message.topic)] += 1
            await asyncio.gather(*(session.publish(m.topic, b"", retain=True) for m in batch))

    def _node(self, topic: str) -> str:
        name = topic.removeprefix(f"{self.topics.root}/").partition("/")[0]
        return HUB if name in RESERVED else name

    def _tell(self, found: Counter[str]) -> None:
        metrics.RETAINED_CLEARED.inc(found.total())
        for node, count in found.items():
            if node not in self._told:
                logger.warning("cleared retained messages", node=node, count=count)
                with suppress(ValueError):  # a name that is no node's
                    self.bus.fire("retained_cleared", {"count": count}, node=node)
        self._told = set(found)


async def _retained(messages: Subscription) -> list[Message]:
    """Some of what is retained; none when nothing came for a while but what is new."""
    found: list[Message] = []
    with suppress(TimeoutError):
        async with asyncio.timeout(QUIET_SECONDS):
            while not found:
                several = [await anext(messages), *messages.take_more(AT_ONCE - 1)]
                found = [each for each in several if each.retain and each.payload]
    return found
