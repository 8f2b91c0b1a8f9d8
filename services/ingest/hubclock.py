"""Is the hub's own clock right? While that is in doubt nothing is removed for its age.

It is in doubt when it is earlier than it was when it last ran well (a Pi without a clock chip,
after an outage), when somebody set it (which of the two times is right?), and when most nodes say
that theirs differ. It is trusted again when it is set back, when nodes are witnesses that it is
right now (votes.py), or when it has run for an hour as it is.
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
from services.ingest.dating import hub_clock, set_since
from services.ingest.settings import Ingest
from services.ingest.votes import Votes

logger = structlog.get_logger()

CALM_SECONDS: Final = 3_600.0  # without being set after which it is trusted as it is
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
    ran_by: str = ""  # by which setting (dating.hub_clock) it was last trusted, maybe long ago
    _watch: ClockWatch = field(init=False)
    _trusted: float = field(init=False)  # what the clock added to the steady one when it was right
    _votes: Votes = field(init=False)
    _caught_up: bool = False  # it was known to be wrong, and was set to what may be right

    def __post_init__(self) -> None:
        self._watch = ClockWatch(self.settings.max_skew, self.wall, self.steady)
        self._votes = Votes(self.steady)
        self._trusted = self.wall() - self.steady() - (set_since(self.ran_by, self.setting) or 0.0)
        self.look()

    @property
    def setting(self) -> str:
        """By which setting it runs now."""
        return hub_clock(self.wall(), self.steady())

    @property
    def in_doubt(self) -> bool:
        return bool(self.reason)

    def is_doubtful(self) -> bool:
        """Whether it is in doubt at this moment, without counting votes where nothing was amiss."""
        return (self.in_doubt or self._is_off(self._step)) and bool(self.look())

    def heard(self, node: str, skew: float, setting: str = "") -> None:
        """A node knows that its clock, set so, is ahead of ours by so many seconds."""
        self._notice()
        self._votes.heard(node, setting, agrees=abs(skew) <= self.settings.max_skew)

    def look(self) -> str:
        """Judge it anew; the reason for doubt, if there is one."""
        self._notice()
        right, witnesses, wrong = self._votes.counted()
        agreed = witnesses > wrong or (self._caught_up and right > wrong)
        calm = self._watch.calm >= CALM_SECONDS
        if agreed or calm:
            self._trusted += self._step
        if agreed or (calm and right > wrong):
            self.floor = min(self.floor, self.wall())
        self.reason = self._judged(right, wrong)
        return self.reason

    def _notice(self) -> None:
        """Whether it was set since the last look."""
        if step := self._watch.look():
            self._votes.ours_was_set()
            wall = self.wall()
            self._caught_up = self._is_behind(wall - step) and not self._is_behind(wall)
        elif not self.reason and not self._is_off(slewed := self._step):
            self._trusted += slewed  # by NTP

    @property
    def _step(self) -> float:
        """Seconds by which it was set since it was trusted."""
        return self.wall() - self.steady() - self._trusted

    def _is_off(self, seconds: float) -> bool:
        return abs(seconds) >= self.settings.max_skew

    def _is_behind(self, wall: float) -> bool:
        return self.floor - wall > self.settings.max_skew

    def _judged(self, right: int, wrong: int) -> str:
        wall, step = self.wall(), self._step
        if self._is_behind(wall):
            return f"it is {self.floor - wall:.0f} s earlier than it was before"
        if self._is_off(step):
            return f"it was set {'forward' if step > 0 else 'back'} by {abs(step):.0f} s"
        if wrong >= FEWEST_AGAINST and wrong > right:
            return f"the clocks of {wrong} of {right + wrong} nodes differ from it"
        return ""


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
            ran = f"{self.clock.wall():.3f} {self.clock.setting}"
            await self.client.set(keys.CLOCK_RAN, ran)
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


async def last_ran(client: Client) -> tuple[float, str]:
    """What the hub's clock said when it was last trusted, Unix seconds, and by which setting.

    0 and nothing when it never was.
    """
    said = await client.get(keys.CLOCK_RAN)
    at, _, setting = (said or b"0").decode().partition(" ")
    return float(at), setting


def built_at() -> float:
    """When this program was installed: no clock that is right can say less."""
    try:
        return Path(lookout.__file__).stat().st_mtime
    except OSError:
        return 0.0
