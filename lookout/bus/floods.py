"""Holds each node to a number of messages; who sends more is told of once, and the loss counted.

A node that sends without end would else fill the queue that the broker keeps for a service, and the
messages of all others would be lost with its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog
from pydantic import JsonValue

from lookout.bus.allowance import Allowances
from lookout.bus.events import EventBus

logger = structlog.get_logger()

LOOK_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Floods:
    """Says who sends too many messages of a kind; `dropped` hears of each that is too many."""

    bus: EventBus
    kind: str
    allowances: Allowances
    dropped: Callable[[str], None] = lambda node: None

    async def look(self) -> None:
        """Tell of those that have begun or ended."""
        for node in self.allowances.began():
            limit = round(self.allowances.allowed.rate)
            logger.warning("a node sends too much", node=node, kind=self.kind, limit=limit)
            self.bus.fire("flood_started", {"kind": self.kind, "limit": limit}, node=node)
        for over in self.allowances.ended():
            logger.info(
                "a node no longer sends too much",
                node=over.node,
                kind=self.kind,
                dropped=over.dropped,
                put_off=over.put_off,
            )
            data: dict[str, JsonValue] = {
                "kind": self.kind,
                "dropped": over.dropped,
                "seconds": over.seconds,
            }
            if over.put_off:
                data["put_off"] = over.put_off
            self.bus.fire("flood_ended", data, node=over.node)

    def allows(self, node: str, size: int, *, comes_again: bool = False) -> bool:
        """Whether a message of `size` bytes is taken; counted where it is not.

        `comes_again`: its sender keeps it, and is told to send it later.
        """
        allowed = self.allowances.take(node, size, comes_again=comes_again)
        if not allowed:
            self.dropped(node)
        return allowed
