"""The stream of a node's film, bounded by bytes, and that of what is seen in it."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from lookout.store import keys
from lookout.store.client import Client
from lookout.store.groups import Group

BLOCK_MILLISECONDS: Final = 5_000  # under the client's socket timeout
AT_ONCE: Final = 30  # frames; only the newest of them is looked at


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


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame of a node's film; `timestamp` is Unix seconds, as text."""

    node: str
    id: str
    timestamp: str
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class FrameGroup:
    """The workers `name` of some nodes' films. A frame is given once: a lost one is old anyhow.

    One connection waits for all of them: there are few, and others need some.
    """

    client: Client
    nodes: tuple[str, ...]
    name: str
    consumer: str

    async def join(self) -> None:
        """Make the groups where there are none yet. Raises a StoreError."""
        for node in self.nodes:
            await Group(self.client, keys.frames(node), self.name, self.consumer).join()

    async def read(self) -> list[list[Frame]]:
        """Of each film that has some the frames that no worker has had, the oldest first.

        Waits for one. Raises a StoreError.
        """
        streams = {keys.frames(node): ">" for node in self.nodes}
        answer = await self.client.xreadgroup(
            self.name, self.consumer, streams, count=AT_ONCE, block=BLOCK_MILLISECONDS, noack=True
        )
        by_stream = {keys.frames(node): node for node in self.nodes}
        films = [_frames(by_stream[key.decode()], entries) for key, entries in answer or ()]
        return [film for film in films if film]


def _frames(node: str, entries: Sequence[tuple[bytes, Mapping[bytes, bytes]]]) -> list[Frame]:
    """Others may write there, too."""
    return [
        Frame(node, each.decode(), fields[b"timestamp"].decode(errors="replace"), fields[b"jpeg"])
        for each, fields in entries
        if fields and fields.keys() >= {b"timestamp", b"jpeg"}
    ]


async def tell(client: Client, node: str, seen: Mapping[str, str | int | float]) -> None:
    """Say what was seen in a frame. Raises a StoreError."""
    key = keys.film_seen(node)
    async with client.pipeline(transaction=True) as pipe:
        pipe.xadd(key, dict(seen), maxlen=keys.FILM_SEEN_LENGTH, approximate=True)
        pipe.expire(key, keys.FRAMES_TTL)
        await pipe.execute()


async def last(client: Client, node: str) -> dict[str, str]:
    """What was told last; nothing where nothing was. Raises a StoreError."""
    for _, fields in await client.xrevrange(keys.film_seen(node), count=1):
        return {
            name.decode(errors="replace"): value.decode(errors="replace")
            for name, value in fields.items()
        }
    return {}
