"""How fast the link is, and whether a picture can be there within hours, or must be smaller."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

WINDOW: Final = 300.0  # seconds that are looked back
LEAST: Final = 60.0  # seconds that are watched before anything is judged
MOST_BROKEN: Final = 3  # connections lost under one picture
TELLING_BYTES, TELLING_SECONDS = 50_000, 5.0  # what is less tells nothing of the rate


@dataclass(slots=True)
class Pace:
    """Of one link. Times are the event loop's, sizes bytes."""

    longest: float  # seconds that one picture may take
    rate: float | None = None  # bytes a second, as last measured
    _samples: deque[tuple[float, int]] = field(default_factory=deque)
    _began: float = 0.0
    _connects: int = 0
    _broken: int = 0

    @property
    def most(self) -> float:
        """Bytes that get through in time."""
        return float("inf") if self.rate is None else self.rate * self.longest

    def begin(self, now: float, taken: int, connects: int) -> None:
        """A picture is on its way; `taken` counts what has reached the other side until now."""
        self._samples.clear()
        self._samples.append((now, taken))
        self._began, self._connects, self._broken = now, connects, 0

    def judge(self, now: float, taken: int, connects: int, size: int) -> int | None:
        """Bytes to which the picture must be made smaller, while it is on its way; None: go on."""
        self._broken += connects - self._connects
        self._connects = connects
        self._samples.append((now, taken))
        while now - self._samples[0][0] > WINDOW:
            self._samples.popleft()
        if now - self._began >= self.longest:
            # A modem or a proxy took it all at once, and the broker does not have it yet.
            return self._at(size / (2 * self.longest), size)
        since, before = self._samples[0]
        if now - since < LEAST:
            return None
        rate = (taken - before) / (now - since)
        if rate * self.longest < size:
            return self._at(rate, size)
        # Each new connection begins the packet anew: a smaller one fits between two breaks.
        return size // 2 if self._broken >= MOST_BROKEN else None

    def _at(self, rate: float, size: int) -> int:
        """What gets through in half of the time."""
        self.rate = max(rate, 1.0)
        return round(min(self.most, size) / 2)

    def arrived(self, now: float, size: int) -> None:
        """It is there."""
        seconds = now - self._began
        if size >= TELLING_BYTES:
            self.rate = size / seconds if seconds >= TELLING_SECONDS else None
