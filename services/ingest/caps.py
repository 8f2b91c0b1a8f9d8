"""Holds each node to its cap: what is over it goes, the oldest first."""

from dataclasses import dataclass, field

import structlog

from lookout.store.client import Client
from lookout.store.locks.turn import Turn, turn
from lookout.store.nodes import image_counts
from lookout.store.retention.plans import over_cap
from lookout.store.retention.removal import is_settled, remove
from lookout.store.retention.rules import Retention
from services.ingest import metrics

logger = structlog.get_logger()

CAP_SECONDS = 5.0  # between two looks
TURN = "caps"


@dataclass(slots=True)
class Caps:
    """Looks at the nodes that have stored something since the last look, beside the intake.

    A cap is passed by what comes within CAP_SECONDS. Storing itself costs nothing more: it
    counts each node's images anyway.
    """

    client: Client
    rules: Retention
    _counted: dict[str, int] = field(default_factory=dict)  # images stored until the last look

    async def enforce(self) -> None:
        """Look once. Raises a StoreError."""
        if not self.rules.has_caps:
            return
        async with turn(self.client, TURN) as ours:
            if ours is None:
                return
            for node, count in (await image_counts(self.client)).items():
                if self._counted.get(node) != count and await self._trim(node, ours):
                    self._counted[node] = count

    async def _trim(self, node: str, ours: Turn) -> bool:
        """Whether the node is within its cap now."""
        removed = 0
        async for group in over_cap(self.client, self.rules, node):
            if not await is_settled(self.client):
                return False
            await ours.prolong()
            gone = len(await remove(self.client, group))
            metrics.REMOVED.labels("cap").inc(gone)
            removed += gone
        if removed:
            logger.info("held a node to its cap", node=node, images=removed)
        return True
