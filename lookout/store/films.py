"""The stream of a node's film: a bounded number of bytes, the oldest frames go first."""

from collections import deque
from dataclasses import dataclass, field

from lookout.store import keys
from lookout.store.client import Client


@dataclass(slots=True)
class FilmStream:
    """Writes the frames of one node; whoever reads them does not hold it up."""

    client: Client
    node: str
    most_bytes: int
    _sizes: deque[int] = field(default_factory=deque)  # of the frames that are kept

    async def write(self, jpeg: bytes, timestamp: float) -> None:
        """Add a frame that came at a time, Unix seconds. Raises a StoreError."""
        self._sizes.append(len(jpeg))
        while sum(self._sizes) > self.most_bytes and len(self._sizes) > 1:
            self._sizes.popleft()
        key = keys.frames(self.node)
        fields = {"node": self.node, "timestamp": f"{timestamp:.3f}", "jpeg": jpeg}
        async with self.client.pipeline(transaction=True) as pipe:
            pipe.xadd(key, fields, maxlen=len(self._sizes), approximate=False)
            pipe.expire(key, keys.FRAMES_TTL)
            await pipe.execute()
