"""Tells the other services the hub's rules, and Prometheus how much of the quota is used."""

from dataclasses import dataclass

from lookout.store.client import Client
from lookout.store.retention import rules as retention
from lookout.store.retention.keeping import kept
from lookout.store.retention.rules import Retention
from services.ingest import metrics

TELL_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Rules:
    """Redis has the rules in one place, for whoever keeps an image or asks what will go."""

    client: Client
    rules: Retention

    async def tell(self) -> None:
        """Write them, as a Redis that came back empty has none. Raises a StoreError."""
        await retention.save(self.client, self.rules)
        now = await kept(self.client, self.rules)
        metrics.KEPT.set(now.images)
        metrics.KEPT_BYTES.set(now.bytes)
        metrics.KEPT_SHARE.set(now.share)
