"""Readings: examined, stored, acknowledged after the write."""

from dataclasses import dataclass

from lookout.bus.floods import Floods
from lookout.bus.intake import Received
from lookout.contract.readings import Reading
from lookout.contract.wire import now
from lookout.store.readings import NewReading, Readings
from lookout.store.retention.rules import Retention
from lookout.store.waiting import Waiting
from services.ingest import metrics
from services.ingest.dating import can_be
from services.ingest.settings import Ingest


@dataclass(frozen=True, slots=True)
class ReadingIntake:
    """Takes readings to Redis."""

    settings: Ingest
    rules: Retention
    readings: Readings
    waiting: Waiting
    floods: Floods

    async def handle(self, received: Received) -> None:
        """Store one reading. Raises BadMessage, or a StoreError when Redis refuses it for good."""
        if not self.floods.allows(received.address.node, len(received.message.payload)):
            return
        new = self._dated(received.address.node, received.model, now())
        await self.waiting.until_done(lambda: self.readings.store(new, ttl=self.rules.reading_ttl))
        metrics.READINGS.inc()

    def _dated(self, node: str, reading: Reading, at: float) -> NewReading:
        said = reading.timestamp
        if said is None or can_be(said, self.settings, at):
            return NewReading(node, said or at, at, reading.metrics)
        return NewReading(node, at, at, reading.metrics, node_time=said)
