"""Rolls old readings up, slowly, beside the intake."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final

import structlog

from lookout.store.client import Client
from lookout.store.locks.turn import turn
from lookout.store.retention.kinds import READINGS, numbers_by_node
from lookout.store.retention.rollups import roll_up
from lookout.store.retention.rules import Retention
from services.ingest import metrics

logger = structlog.get_logger()

PASS_SECONDS: Final = 1_800.0  # between two passes over all readings
RESTS: Final = 4  # times as long as a question took until the next
TURN: Final = "rollups"


@dataclass(frozen=True, slots=True)
class Rollups:
    """One pass at a time over all nodes, by one worker; an interrupted one starts over."""

    client: Client
    rules: Retention

    async def work(self) -> None:
        """One pass. Raises a StoreError."""
        if not self.rules.roll_up:
            return
        async with turn(self.client, TURN) as ours:
            if ours is None:
                return
            rolled = 0
            for node in await numbers_by_node(self.client, READINGS):
                asked = time.perf_counter()
                async for gone in roll_up(self.client, node, self.rules.roll_up, time.time()):
                    took = time.perf_counter() - asked
                    rolled += gone
                    metrics.REMOVED_OF_KIND.labels("readings").inc(gone)
                    await ours.prolong()
                    await asyncio.sleep(RESTS * took)
                    asked = time.perf_counter()
        if rolled:
            logger.info("rolled readings up", readings=rolled)
