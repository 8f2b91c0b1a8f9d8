"""Is the hub's own clock right? While that is in doubt nothing is removed for its age.

It is in doubt when it is earlier than it was when it last ran well (a Pi without a clock chip,
after an outage), when somebody set it (which of the two times is right?), and when most nodes say
that theirs differ. It is trusted again when it is set back, when nodes agree with it, or when it
has run for an hour as it is.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

import lookout
from lookout.bus.events import EventBus
from lookout.host.clock import ClockWatch, steady
from lookout.store import keys
from lookout.store.client import Client
from services.ingest import metrics
from services.ingest.settings import Ingest

logger = structlog.get_logger()

CALM_SECONDS: Final = 3_600.0  # without being set after which it is trusted as it is
FRESH_SECONDS: Final = 600.0  # for how long a node's word about its clock counts
MOST_VOTES: Final = 1_000  # nodes whose word is remembered
FEWEST_AGAINST: Final = 2  # nodes: with one alone it is more likely the node's clock
LOOK_SECONDS: Final = 1.0
SAID_SECONDS: Final = 60  # for how long others believe what was said of it


@dataclass(slots=True)
class HubClock:
    """Watches the clock in every worker. `reason` says why it is in doubt; empty: it is not."""

    settings: Ingest
    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = steady
    reason: str = ""
    floor: float = 0.0  # Unix seconds; a clock that says less is wrong
    _watch: ClockWatch = field(init=False)
    _trusted: float = field(init=False)  # what the clock added to the steady one when it was right
    _votes: dict[str, tuple[float, bool]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._watch = ClockWatch(self.settings.max_skew, self.wall, self.steady)
        self._trusted = self.wall() - self.steady()

    @property
    def in_doubt(self) -> bool:
        return bool(self.reason)

    def heard(self, node: str, skew: float) -> None:
        """A node knows that its clock is ahead of ours by so many seconds."""
        self._votes.pop(node, None)
        self._votes[node] = self.steady(), abs(skew) <= self.settings.max_skew
        if len(self._votes) > MOST_VOTES:
            del self._votes[next(iter(self._votes))]

    def look(self) -> str:
        """Judge it anew; the reason for doubt, if there is one."""
        if self._watch.look():
            self._votes.clear()  # they spoke of the time before
        elif not self.reason:
            self._trusted = self.wall() - self.steady()  # NTP may slew it
        right, wrong = self._counted()
        agreed = right > wrong
        step = self.wall() - self.steady() - self._trusted
        if agreed or self._watch.calm >= CALM_SECONDS:
            self._trusted += step
            step = 0.0
        if agreed:
            self.floor = min(self.floor, self.wall())
        self.reason = self._judged(step, right, wrong)
        return self.reason

    def _judged(self, step: float, right: int, wrong: int) -> str:
        behind = self.floor - self.wall()
        if behind > self.settings.max_skew:
            return f"it is {behind:.0f} s earlier than it was before"
        if abs(step) >= self.settings.max_skew:
            return f"it was set {'forward' if step > 0 else 'back'} by {abs(step):.0f} s"
        if wrong >= FEWEST_AGAINST and wrong > right:
            return f"the clocks of {wrong} of {right + wrong} nodes differ from it"
        return ""

    def _counted(self) -> tuple[int, int]:
        since = self.steady() - FRESH_SECONDS
        fresh = [agrees for at, agrees in self._votes.values() if at >= since]
        return fresh.count(True), fresh.count(False)


@dataclass(slots=True)
class HubClockTeller:
    """Tells of it, once when it begins to be in doubt and once when that has ended."""

    client: Client
    events: EventBus
    clock: HubClock
    _told: bool = False

    async def tell(self) -> None:
        """Say what is so now, to people and to the other services. Raises a StoreError."""
        reason = self.clock.look()
        if reason:
            await self.client.set(keys.CLOCK, reason, ex=SAID_SECONDS)
        else:
            await self.client.delete(keys.CLOCK)
            await self.client.set(keys.CLOCK_RAN, f"{self.clock.wall():.3f}")
        metrics.CLOCK_IN_DOUBT.set(bool(reason))
        if bool(reason) != self._told:
            self._told = bool(reason)
            self._announce(reason)

    def _announce(self, reason: str) -> None:
        if reason:
            logger.warning("the hub's clock is in doubt: nothing is removed for age", reason=reason)
            self.events.fire("clock_skew", {"reason": reason})
        else:
            logger.info("the hub's clock is trusted again")
            self.events.fire("clock_ok", {})


async def last_ran(client: Client) -> float:
    """What the hub's clock said when it was last trusted, Unix seconds; 0 when it never was."""
    said = await client.get(keys.CLOCK_RAN)
    return float(said) if said else 0.0


def built_at() -> float:
    """When this program was installed: no clock that is right can say less."""
    try:
        return Path(lookout.__file__).stat().st_mtime
    except OSError:
        return 0.0
