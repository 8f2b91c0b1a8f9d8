"""The event log, in Redis and as daily files: no event may be in it twice."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from lookout.store import keys
from lookout.store.client import Client


class EventLog:
    """Reads what the events service wrote; each event is read once."""

    def __init__(self, client: Client, folder: Path) -> None:
        self._client = client
        self._folder = folder
        self._events: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._events)

    async def doubled(self) -> list[str]:
        """Events that are there twice."""
        await self._read()
        return _repeated(self._events.values()) + _repeated(self._lines())

    async def _read(self) -> None:
        match = f"{keys.EVENT_PREFIX}*"
        there = {key.decode() async for key in self._client.scan_iter(match=match, count=1000)}
        new = sorted(there - self._events.keys())
        async with self._client.pipeline(transaction=False) as pipe:
            for key in new:
                pipe.hmget(key, "event_type", "node", "timestamp", "data")
            answers = await pipe.execute()
        self._events = {key: text for key, text in self._events.items() if key in there}
        self._events |= {key: _identity(*fields) for key, fields in zip(new, answers, strict=True)}

    def _lines(self) -> list[str]:
        files = self._folder.glob("events-*.log")
        return [line for file in files for line in file.read_text().splitlines()]


def _identity(event_type: bytes, node: bytes, timestamp: bytes, data: bytes) -> str:
    """What makes two events the same to a person; a capture is announced once, whenever."""
    moment = b"" if event_type == b"image_captured" else timestamp
    return b" ".join((event_type, node, moment, data)).decode()


def _repeated(texts: Iterable[str]) -> list[str]:
    return [text for text, times in Counter(texts).items() if times > 1]
