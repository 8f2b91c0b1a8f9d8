"""Two processes with one client id: the broker keeps one, and each newcomer throws the other out.

A copied SD card does that, or a second hub on the same broker. They must not fight at full speed,
and a person must hear of it, once.
"""

from collections.abc import Callable
from typing import Final

FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0  # seconds until it tries again, growing
CALM_SECONDS: Final = 900.0  # connected for so long and not thrown out: there is one again
FEWEST: Final = 2  # times that it was thrown out: once may be a process that is just ending
# Mosquitto 2.0.11 only closes: so often in so many seconds, and there at once when we come again.
FEWEST_CLOSED, CLOSED_SECONDS = 3, 60.0
LONGEST_GUESS: Final = 30.0  # seconds of a pause after that: it may be a broker that was restarted


class Double:
    """What the session of one client id has met. `tell(True)` when there are two, then `False`."""

    def __init__(self) -> None:
        self.tell: Callable[[bool], None] = lambda there_are_two: None
        self.is_told = False
        self._count = 0
        self._last = 0.0
        self._is_guess = False  # nobody said so the last time
        self._closed: list[float] = []  # when the broker closed our connection without a word

    def closed(self, now: float) -> None:
        """The broker closed our connection and did not say why."""
        self._closed = [each for each in self._closed if now - each < CLOSED_SECONDS]
        self._closed.append(now)
        if len(self._closed) >= FEWEST_CLOSED:
            self._count, self._last = max(self._count, FEWEST - 1), now
        if self._count:
            self.thrown_out(now)
            self._is_guess = True

    def is_away(self) -> None:
        """The broker is not there: that is why it closed our connection."""
        self._closed.clear()
        if self._is_guess:
            self._is_guess, self._count = False, self._count - 1

    def thrown_out(self, now: float) -> None:
        """The broker ended our session for another with our name; `now` on any steady clock."""
        if now - self._last > CALM_SECONDS:
            self._count = 0
        self._count, self._last, self._is_guess = self._count + 1, now, False
        if self._count >= FEWEST and not self.is_told:
            self.is_told = True
            self.tell(True)

    def pause(self, now: float) -> float:
        """Seconds to leave the name to the other one; 0 where it was not that."""
        if not self._count or now - self._last > FIRST_PAUSE:
            return 0.0
        longest = LONGEST_GUESS if self._is_guess else LONGEST_PAUSE
        return min(FIRST_PAUSE * 2.0 ** (self._count - 1), longest)

    def look(self, now: float) -> None:
        """We are connected: is it over?"""
        if self._count and now - self._last > CALM_SECONDS:
            self._count = 0
            if self.is_told:
                self.is_told = False
                self.tell(False)
