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
    _offset: float = field(default=0.0, init=False)
    _began: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._offset = self.wall() - self.steady()
        self._began = self.steady()

    def look(self) -> float:
        """Seconds by which the clock was set forward since the last look; 0 where it was not."""
        offset = self.wall() - self.steady()
        step = offset - self._offset
        # Slewing by NTP (at most 0.05 %) is followed, so that it never adds up to a step.
        self._offset = offset
        if abs(step) < self.least:
            return 0.0
        self.set_at = self.steady()
        return step

    @property
    def calm(self) -> float:
        """Seconds for which the clock has run without being set, as far as was watched."""
        return self.steady() - (self._began if self.set_at is None else self.set_at)
