"""How many images come in a minute, from a count that only grows."""

from collections import deque

WINDOW = 300.0  # seconds that are looked back


class Rate:
    """Remembers the counts of the last five minutes."""

    def __init__(self) -> None:
        self._counts: deque[tuple[float, int]] = deque()

    def take(self, at: float, count: int) -> float | None:
        """How many a minute, with the count at a time in seconds; None with the first one.

        A smaller count begins anew: a node was removed, or Redis came back empty.
        """
        if self._counts and count < self._counts[-1][1]:
            self._counts.clear()
        self._counts.append((at, count))
        while self._counts[0][0] < at - WINDOW:
            self._counts.popleft()
        since, before = self._counts[0]
        return round((count - before) / (at - since) * 60, 2) if at > since else None
