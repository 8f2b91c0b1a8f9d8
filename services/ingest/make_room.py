"""Memory that ingest frees before it writes, by its own rules, and counts."""

from collections.abc import Mapping
from typing import Final

from lookout.store.client import Client
from lookout.store.retention.room import Room
from lookout.store.retention.rules import Retention
from services.ingest import metrics

LOOK_SECONDS: Final = 2.0  # between two looks although nothing is written


def counted_room(client: Client, rules: Retention) -> Room:
    """What makes room by these rules; all that goes for it is counted."""

    async def ours() -> Retention:
        return rules

    return Room(client, ours, _count)


def _count(gone: Mapping[str, int]) -> None:
    for kind, number in gone.items():
        metrics.REMOVED_OF_KIND.labels(kind).inc(number)
    metrics.REMOVED.labels("room").inc(gone.get("images", 0))
