"""How much each node may send: so many at once, and so many a second in the long run.

A token bucket for each node (RFC 2698's idea of a committed rate and a burst), in messages and in
bytes. What is beyond is told once when it begins and once when it is over, with how much it was.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

CALM_SECONDS: Final = 10.0  # without anything too much until it is over
MOST_NODES: Final = 10_000  # remembered; who sends nothing too much needs no memory


@dataclass(frozen=True, slots=True)
class Allowed:
    """Messages and bytes: a second in the long run, and at once. 0: no limit."""

    rate: float
    burst: float
    bytes_rate: float
    bytes_burst: float


@dataclass(slots=True)
class _Bucket:
    messages: float
    bytes: float
    at: float
    over_since: float | None = None
    last_over: float = 0.0
    dropped: int = 0
    put_off: int = 0


@dataclass(frozen=True, slots=True)
class Over:
    """A node that sent too much, for how many seconds and how many messages of it.

    `put_off` are those that their sender keeps and sends again.
    """

    node: str
    seconds: float
    dropped: int
    put_off: int = 0


@dataclass(slots=True)
class Allowances:
    """What each node has left."""

    allowed: Allowed
    clock: Callable[[], float] = time.monotonic
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _began: list[str] = field(default_factory=list)

    def take(self, node: str, size: int, *, comes_again: bool = False) -> bool:
        """Whether a message of so many bytes is within the node's allowance; it is taken then.

        One that is larger than all that may come at once waits until nothing else is owed.
        """
        bucket, at = self._filled(node), self.clock()
        enough = (not self.allowed.rate or bucket.messages >= 1) and (
            not self.allowed.bytes_rate or bucket.bytes >= min(size, self.allowed.bytes_burst)
        )
        if enough:
            bucket.messages, bucket.bytes = bucket.messages - 1, bucket.bytes - size
            return True
        if bucket.over_since is None:
            bucket.over_since = at
            self._began.append(node)
        bucket.last_over = at
        if comes_again:
            bucket.put_off += 1
        else:
            bucket.dropped += 1
        return False

    def began(self) -> list[str]:
        """The nodes that have begun to send too much since the last call."""
        began, self._began = self._began, []
        return began

    def ended(self) -> list[Over]:
        """The nodes that have stopped sending too much since the last call."""
        now, found = self.clock(), []
        for node, bucket in self._buckets.items():
            if bucket.over_since is not None and now - bucket.last_over >= CALM_SECONDS:
                seconds = round(bucket.last_over - bucket.over_since, 1)
                found.append(Over(node, seconds, bucket.dropped, bucket.put_off))
                bucket.over_since, bucket.dropped, bucket.put_off = None, 0, 0
        return found

    def _filled(self, node: str) -> _Bucket:
        now, most = self.clock(), self.allowed
        bucket = self._buckets.get(node)
        if bucket is None:
            self._forget_the_full(now)
            bucket = self._buckets[node] = _Bucket(most.burst, most.bytes_burst, now)
        passed, bucket.at = now - bucket.at, now
        bucket.messages = min(most.burst, bucket.messages + passed * most.rate)
        bucket.bytes = min(most.bytes_burst, bucket.bytes + passed * most.bytes_rate)
        return bucket

    def _forget_the_full(self, now: float) -> None:
        """A full bucket is as good as none."""
        if len(self._buckets) < MOST_NODES:
            return
        most = self.allowed
        slowest = max(
            most.burst / most.rate if most.rate else 0.0,
            most.bytes_burst / most.bytes_rate if most.bytes_rate else 0.0,
        )
        self._buckets = {
            node: bucket
            for node, bucket in self._buckets.items()
            if bucket.over_since is not None or now - bucket.at < slowest
        }
