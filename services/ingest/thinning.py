"""Thins out old images, slowly, beside the intake."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from lookout.store import keys
from lookout.store.client import Client
from lookout.store.locks.turn import Turn, turn
from lookout.store.retention.removal import Victim, is_settled, remove
from lookout.store.retention.rules import Retention
from lookout.store.retention.thinning import to_thin
from lookout.store.retention.usage import node_names
from services.ingest import metrics

logger = structlog.get_logger()

PASS_SECONDS = 300.0  # between two passes over all images
RESTS = 4  # times as long as a query took until the next: most of Redis' time is the intake's
TURN = "thinning"


@dataclass(frozen=True, slots=True)
class Thinning:
    """One pass at a time over all nodes, by one worker.

    A pass that a restart interrupts starts over; what it removed stays removed.
    """

    client: Client
    rules: Retention
    _since: float = field(default_factory=time.time)

    async def work(self) -> None:
        """One pass, where it is time for one. Raises a StoreError."""
        if not self.rules.thin:
            return
        async with turn(self.client, TURN) as ours:
            if ours is not None and await self._is_due():
                await self._go_through(ours)
        metrics.THINNING_LAG.set(await self._lag())

    async def _is_due(self) -> bool:
        """Not when another worker has just finished one."""
        done = await self.client.exists(keys.THINNED)
        return not done or not 0 <= await self._lag() < PASS_SECONDS / 2

    async def _lag(self) -> float:
        """Seconds since the last finished pass began; without one, since this process did."""
        began = await self.client.get(keys.THINNED)
        return time.time() - (float(began) if began else self._since)

    async def _go_through(self, ours: Turn) -> None:
        began, removed = time.time(), 0
        for node in await node_names(self.client):
            asked = time.perf_counter()
            async for group in to_thin(self.client, node, self.rules.thin, began):
                took = time.perf_counter() - asked
                await ours.prolong()
                removed += await self._remove(group)
                await asyncio.sleep(RESTS * took)
                asked = time.perf_counter()
        await self.client.set(keys.THINNED, f"{began:.3f}")
        logger.info("thinned out", images=removed, seconds=round(time.time() - began, 1))

    async def _remove(self, group: Sequence[Victim]) -> int:
        """What is not on disk yet stays until the next pass."""
        if not group or not await is_settled(self.client):
            return 0
        gone = len(await remove(self.client, group))
        metrics.REMOVED.labels("thin").inc(gone)
        return gone
