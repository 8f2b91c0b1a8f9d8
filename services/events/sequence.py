"""Counts the events that never arrived, by the numbers that whoever fires gives them.

Who fires numbers his events, anew in each run. What is missing was dropped on the way: by his own
outbox while the broker was away for long, or by a full queue of the broker's. So every event is
recorded, or counted as lost. A node's last number is kept with what is recorded, so that what is
lost while this service is away counts too.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog

from lookout.bus.events import EventBus
from lookout.contract.events import Event
from lookout.contract.topics import HUB
from lookout.store.events import Fired
from services.events import metrics

logger = structlog.get_logger()

LOOK_SECONDS: Final = 60.0  # between two events of one node's losses, at least
MOST_NODES: Final = 10_000  # whose numbers are remembered


@dataclass(slots=True)
class Sequence:
    """Remembers the last number of each node, and of each process of the hub.

    The first one that we hear, where nothing is known of an earlier one, is where we begin.
    """

    bus: EventBus
    _last: dict[str, Fired] = field(default_factory=dict)
    _lost: Counter[str] = field(default_factory=Counter)

    def unknown(self, nodes: Iterable[str]) -> list[str]:
        """Those whose last number we do not know."""
        return sorted({each for each in nodes if each != HUB and each not in self._last})

    def recall(self, fired: Mapping[str, Fired]) -> None:
        """Go on from the numbers that were kept."""
        self._last |= fired

    def last(self, nodes: Iterable[str]) -> dict[str, Fired]:
        """The numbers to keep of these nodes."""
        return {each: self._last[each] for each in nodes if each in self._last}

    def heard(self, node: str, event: Event) -> None:
        """Take the number of an event; one that came before, or again, says nothing new."""
        if event.run is None or event.number is None or event.origin not in {node, HUB}:
            return
        # The hub fires for many nodes, in several processes at a time, each a run of its own.
        who = f"{HUB}:{event.run}" if event.origin == HUB else node
        run, last = self._last.get(who, ("", 0))
        if event.run != run:
            # Of a run that we know nothing of, unless it followed one that we followed.
            missing = event.number - 1 if run else 0
        else:
            missing = event.number - last - 1
            if missing < 0:
                return
        self._last.pop(who, None)
        self._last[who] = (event.run, event.number)
        while len(self._last) > MOST_NODES:
            del self._last[next(iter(self._last))]
        if missing:
            metrics.LOST.labels(event.origin).inc(missing)
            self._lost[event.origin] += missing

    async def look(self) -> None:
        """Tell what was lost since the last look."""
        lost, self._lost = self._lost, Counter()
        for node, count in lost.items():
            logger.warning("events never arrived", node=node, count=count)
            self.bus.fire("events_lost", {"count": count}, node=node)
