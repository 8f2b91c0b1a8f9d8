"""Holds each node to a number of events; who sends more is told of, once, and what is lost counted.

A node that fires without end would else fill the queue that the broker keeps for us, and the events
of all others would be lost with its own.
"""

from dataclasses import dataclass
from typing import Final

import structlog

from lookout.bus.allowance import Allowances
from lookout.bus.events import EventBus
from services.events import metrics

logger = structlog.get_logger()

LOOK_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Floods:
    """Says who sends too much. `of_hub` is for what the hub itself says of a node."""

    bus: EventBus
    of_nodes: Allowances
    of_hub: Allowances

    async def look(self) -> None:
        """Tell of those that have begun or ended."""
        for node in self.of_nodes.began():
            limit = round(self.of_nodes.allowed.rate)
            logger.warning("a node fires too many events", node=node, limit=limit)
            self.bus.fire("flood_started", {"kind": "event", "limit": limit}, node=node)
        for over in self.of_nodes.ended():
            logger.info("a node fires fewer events again", node=over.node, dropped=over.dropped)
            self.bus.fire(
                "flood_ended",
                {"kind": "event", "dropped": over.dropped, "seconds": over.seconds},
                node=over.node,
            )

    def allows(self, node: str, size: int, *, by_hub: bool) -> bool:
        """Whether an event of `size` bytes is recorded; counted where it is not."""
        allowed = (self.of_hub if by_hub else self.of_nodes).take(node, size)
        if not allowed:
            metrics.TOO_MANY.labels(node).inc()
        return allowed
