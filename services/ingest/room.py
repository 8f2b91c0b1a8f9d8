"""Makes room before Redis has to: fair among the nodes, oldest first, never what somebody keeps.

Redis' own eviction (`volatile-ttl`) does not know nodes: a loud one would push a quiet one's
pictures out. It stays as the last resort. Unlike the other rules this one does not wait for the
disk: what it takes before it was confirmed is confirmed as stored or, where Redis dies first, sent
again.
"""

import asyncio
from dataclasses import dataclass, field

import structlog

from lookout.store.client import Client
from lookout.store.memory import memory
from lookout.store.retention.plans import to_free
from lookout.store.retention.removal import carry_out
from lookout.store.retention.rules import Retention
from services.ingest import metrics

logger = structlog.get_logger()

LOOKS = 50  # times that the memory is looked at while it fills once


@dataclass(slots=True)
class Room:
    """Called before each write with what will be written."""

    client: Client
    rules: Retention
    _before_look: float = 0.0  # bytes that may be written until the next look
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # two would make room twice

    async def make(self, incoming: int) -> None:
        """See that `incoming` bytes fit below the high mark. Raises a StoreError."""
        async with self._turn:
            self._before_look -= incoming
            if self._before_look <= 0:
                await self._look(incoming)

    async def _look(self, incoming: int) -> None:
        now = await memory(self.client)
        self._before_look = now.limit / LOOKS if now.limit else float("inf")
        if need := self.rules.shortage(now, incoming):
            removed, _ = await carry_out(self.client, to_free(self.client, need))
            metrics.REMOVED.labels("room").inc(removed)
            if removed:
                logger.info("made room", images=removed, used=now.used, limit=now.limit)
