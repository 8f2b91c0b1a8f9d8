"""Readings: examined, stored, acknowledged after the write."""

from dataclasses import dataclass

from lookout.bus.subscription import Message, Subscription
from lookout.contract.errors import BadMessage, BadTopic
from lookout.contract.readings import parse_reading
from lookout.contract.topics import Topics
from lookout.contract.wire import now
from lookout.store.client import StoreError
from lookout.store.readings import NewReading, Readings
from services.ingest import metrics
from services.ingest.dating import can_be
from services.ingest.patience import Patience
from services.ingest.refusals import Refusals
from services.ingest.settings import Ingest


@dataclass(frozen=True, slots=True)
class ReadingIntake:
    """Takes readings from a subscription to Redis."""

    settings: Ingest
    topics: Topics
    readings: Readings
    patience: Patience
    refusals: Refusals

    async def take(self, subscription: Subscription) -> None:
        """Store readings as they come."""
        async for message in subscription:
            await self.handle(message)

    async def handle(self, message: Message) -> None:
        """Examine, store and acknowledge one reading."""
        if not message.payload:  # the retained one was removed
            message.ack()
            return
        node = None
        try:
            node = self.topics.parse(message.topic).node
            reading = self._examined(message, node)
            await self.patience.until_done(
                lambda: self.readings.store(reading, ttl=self.settings.reading_ttl)
            )
            metrics.READINGS.inc()
        except (BadTopic, BadMessage, StoreError) as error:
            await self.refusals.refuse("reading", message, str(error), node)
        message.ack()

    def _examined(self, message: Message, node: str) -> NewReading:
        received_at = now()
        reading = parse_reading(message.payload)
        said = reading.timestamp
        if said is None or can_be(said, self.settings, received_at):
            return NewReading(node, said or received_at, received_at, reading.metrics)
        return NewReading(node, received_at, received_at, reading.metrics, node_time=said)
