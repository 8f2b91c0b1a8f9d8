"""Counts the events of a node that never arrived, by the numbers that it gives them.

A node numbers what it fires, anew in each run. What is missing was dropped on the way: by its own
outbox while the broker was away for long, or by a full queue of the broker's. So every event is
recorded, or counted as lost.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import structlog

from lookout.bus.events import EventBus
from lookout.contract.events import Event
from services.events import metrics

logger = structlog.get_logger()

LOOK_SECONDS: Final = 60.0  # between two events of one node's losses, at least
MOST_NODES: Final = 10_000  # whose numbers are remembered


@dataclass(slots=True)
class Sequence:
    """Remembers the last number of each node; the first one that we hear is where we begin."""

    bus: EventBus
    _last: dict[str, tuple[str, int]] = field(default_factory=dict)
    _lost: Counter[str] = field(default_factory=Counter)

    def heard(self, node: str, event: Event) -> None:
        """Take the number of an event; one that came before, or again, says nothing new."""
        if event.run is None or event.number is None or event.origin != node:
            return
        run, last = self._last.get(node, ("", 0))
        if event.run != run:
            # Of a run that we know nothing of, unless it followed one that we followed.
            missing = event.number - 1 if run else 0
        else:
            missing = event.number - last - 1
            if missing < 0:
                return
        self._last.pop(node, None)
        self._last[node] = (event.run, event.number)
        if len(self._last) > MOST_NODES:
            del self._last[next(iter(self._last))]
        if missing:
            metrics.LOST.labels(node).inc(missing)
            self._lost[node] += missing

    async def look(self) -> None:
        """Tell what was lost since the last look."""
        lost, self._lost = self._lost, Counter()
        for node, count in lost.items():
            logger.warning("events never arrived", node=node, count=count)
            self.bus.fire("events_lost", {"count": count}, node=node)
