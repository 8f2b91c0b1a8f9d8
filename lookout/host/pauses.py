"""Pauses between attempts: each twice the one before, up to a longest."""

import random


class Pauses:
    """The pauses of one loop, in seconds. `jitter` 0.5 means half to one and a half of each."""

    def __init__(self, first: float, longest: float, *, jitter: float = 0.0) -> None:
        self._first = first
        self._longest = longest
        self._jitter = jitter
        self._next = first

    def next(self, *, at_least: float = 0.0) -> float:
        """The pause to make now; `at_least` so long before jitter, for a reason of its own."""
        pause, self._next = max(self._next, at_least), min(self._next * 2, self._longest)
        return pause * random.uniform(1 - self._jitter, 1 + self._jitter)

    def reset(self) -> None:
        """It worked: begin with the first again."""
        self._next = self._first
