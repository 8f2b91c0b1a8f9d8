"""Fires at times of the wall clock, and stays calm when that clock is set."""

from collections.abc import Callable
from typing import Final

GRACE: Final = 60.0  # seconds after its time at which something still is done
LONGEST_SLEEP: Final = 15.0  # seconds until the clock is looked at again
JUMP: Final = 5.0  # seconds back: the clock was set

Next = Callable[[float], float | None]


class Alarm:
    """One time after the other, as `following(now)` gives them: the first after a Unix time.

    A clock set forward by a year fires nothing of that year; one set back starts over.
    """

    def __init__(self, following: Next, now: float) -> None:
        self._following = following
        self._seen = now
        self.due = following(now)

    def ring(self, now: float) -> bool:
        """Whether it is time, at the Unix time `now`; then the next time is found."""
        back, self._seen = now < self._seen - JUMP, now
        if back:
            self.due = self._following(now)
        if self.due is None or now < self.due:
            return False
        in_time = now - self.due <= GRACE
        self.due = self._following(now)
        return in_time

    def pause(self, now: float) -> float:
        """Seconds until it is worth asking again."""
        if self.due is None:
            return LONGEST_SLEEP
        return min(max(self.due - now, 0.01), LONGEST_SLEEP)
