"""How far this node's clock is from the hub's, from receipts: as NTP does it, within bounds.

A receipt carries the hub's time `h`. The capture it confirms was first sent at `a` and the receipt
came at `b`, both by our clock: so at `h` our clock showed something between `a` and `b`, and the
difference lies between `a - h` and `b - h`. What is told is the least that this allows.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from lookout.bus.events import EventBus

MOST_SENT = 1_000  # captures whose sending is remembered
JUMP_SECONDS = 1.0  # our own clock was set meanwhile: such a sample tells nothing


@dataclass(slots=True)
class HubClock:
    """Tells `clock_skew` once when clocks differ by more than `limit` seconds, then `clock_ok`."""

    events: EventBus
    limit: float
    # Hears of each that is measured, and by which setting of the hub's clock.
    learn: Callable[[float, str | None], None] = lambda skew, by: None
    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic
    skew: float | None = None  # seconds by which this node is ahead; None before the first receipt
    _sent: dict[int, tuple[float, float]] = field(default_factory=dict)
    _told: bool = False

    def sent(self, milliseconds: int) -> None:
        """A capture is being sent; only the first time counts."""
        if milliseconds not in self._sent:
            self._sent[milliseconds] = self.wall(), self.steady()
            if len(self._sent) > MOST_SENT:
                del self._sent[next(iter(self._sent))]

    def received(
        self, confirmed: Iterable[int], hub_time: float | None, by: str | None = None
    ) -> None:
        """A receipt came, with the hub's time by that setting of its clock."""
        sent = [self._sent.pop(each) for each in confirmed if each in self._sent]
        if hub_time is None or not sent:
            return
        wall, steady = self.wall(), self.steady()
        first, before = max(sent)  # the one sent last is the tightest bound
        if abs((wall - first) - (steady - before)) <= JUMP_SECONDS:
            self._note(max(first - hub_time, 0.0) or min(wall - hub_time, 0.0), by)

    def _note(self, skew: float, by: str | None) -> None:
        self.learn(skew, by)
        self.skew = round(skew, 1)
        if (abs(skew) > self.limit) == self._told:
            return
        self._told = not self._told
        kind = "clock_skew" if self._told else "clock_ok"
        self.events.fire(kind, {"seconds": self.skew, "limit": self.limit})
