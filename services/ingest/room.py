"""Makes room before Redis has to: fair among the nodes, oldest first, never what somebody keeps.

Redis' own eviction (`volatile-ttl`) does not know nodes: a loud one would push a quiet one's
pictures out. It stays as the last resort.
"""

from dataclasses import dataclass

import structlog

from lookout.store.client import Client
from lookout.store.memory import Memory, memory
from lookout.store.removal import carry_out, oldest
from lookout.store.usage import NOT_KEPT, shares_to_remove, usage
from services.ingest import metrics
from services.ingest.settings import Ingest

logger = structlog.get_logger()

LOOKS = 50  # times that the memory is looked at while it fills once


@dataclass(slots=True)
class Room:
    """Called before each write with what will be written."""

    client: Client
    settings: Ingest
    _before_look: float = 0.0  # bytes that may be written until the next look

    async def make(self, incoming: int) -> None:
        """See that `incoming` bytes fit below the high mark. Raises a StoreError."""
        self._before_look -= incoming
        if self._before_look > 0:
            return
        now = await memory(self.client)
        self._before_look = now.limit / LOOKS if now.limit else float("inf")
        if now.limit and now.used + incoming > self.settings.high_mark * now.limit:
            await self._clear(now, incoming)

    async def _clear(self, now: Memory, incoming: int) -> None:
        need = round(now.used + incoming - self.settings.low_mark * now.limit)
        removed = 0
        used = await usage(self.client, NOT_KEPT)
        for node, share in shares_to_remove(used, need).items():
            images, _ = await carry_out(self.client, oldest(self.client, node, size=share))
            removed += images
        metrics.REMOVED.labels("room").inc(removed)
        if removed:
            logger.info("made room", images=removed, used=now.used, limit=now.limit)
