"""Image ids: the Unix milliseconds of the capture, never one twice."""

from collections.abc import Callable
from typing import Final

SMALL_STEP: Final = 60_000  # milliseconds that the clock may go back and ids still count on
Free = Callable[[int, str], int]
RECENT: Final = 10_000  # ids remembered, for a clock that was set far back


class Milliseconds:
    """Hands out milliseconds that were not handed out before."""

    def __init__(self, last: int = 0, free: Free = lambda wanted, setting: wanted) -> None:
        """`free` gives an id that no picture has of any other setting of the clock."""
        self.last = last
        self._free = free
        self._recent: dict[int, None] = {}

    def take(self, timestamp: float, setting: str = "") -> int:
        """The millisecond of a Unix time, or the next free one after it.

        A clock that was set back a little counts on from the last id; one that was set back far
        (it was wrong before) starts anew at its own time, past what was used of that time.
        """
        wanted = round(timestamp * 1000)
        if wanted <= self.last and self.last - wanted < SMALL_STEP:
            wanted = self.last + 1
        while wanted in self._recent:
            wanted += 1
        wanted = self._free(wanted, setting)
        self.last = wanted
        self._remember(wanted)
        return wanted

    def _remember(self, milliseconds: int) -> None:
        self._recent[milliseconds] = None
        if len(self._recent) > RECENT:
            del self._recent[next(iter(self._recent))]
