"""The two clocks of a computer: the one that people set, and the one that only runs.

What lies between them changes when somebody (a person, NTP, a clock chip that was empty) sets the
first one. It is the only way to know of that afterwards.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
AT_ONCE: Final = 0.1  # seconds in which both clocks are read
TRIES: Final = 10
_SHORT: Final = 8  # characters of it: enough to tell one start from the others

Clock = Callable[[], float]


def steady() -> float:
    """Seconds since the computer started, its sleep included; nobody sets this clock."""
    boottime = getattr(time, "CLOCK_BOOTTIME", None)  # Linux
    return time.monotonic() if boottime is None else time.clock_gettime(boottime)


@cache
def boot_id() -> str:
    """Tells one start of the computer from another; empty where the system does not say."""
    try:
        return _BOOT_ID.read_text().strip()[:_SHORT]
    except OSError:
        return ""


@dataclass(slots=True)
class ClockWatch:
    """Notices when the clock is set: what `look` has seen since the last one."""

    least: float  # seconds by which it must have been set; slewing and hiccups are less
    wall: Clock = time.time
    steady: Clock = steady
    set_at: float | None = None  # on the steady clock, when it was last seen to have been set
    offset: float = field(default=0.0, init=False)  # what it added to the steady one, seen last
    _began: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.offset = self._between()
        self._began = self.steady()

    def look(self) -> float:
        """Seconds by which the clock was set forward since the last look; 0 where it was not."""
        offset = self._between()
        step = offset - self.offset
        # Slewing by NTP (at most 0.05 %) is followed, so that it never adds up to a step.
        self.offset = offset
        if abs(step) < self.least:
            return 0.0
        self.set_at = self.steady()
        return step

    def _between(self) -> float:
        """Both clocks at one moment: a busy computer may stop us between the two."""
        for _ in range(TRIES):
            before = self.steady()
            offset = self.wall() - before
            if self.steady() - before < AT_ONCE:
                break
        return offset

    @property
    def calm(self) -> float:
        """Seconds for which the clock has run without being set, as far as was watched."""
        return self.steady() - (self._began if self.set_at is None else self.set_at)
