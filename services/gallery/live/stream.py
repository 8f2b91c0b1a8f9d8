"""Server-sent events: one reader of the store and the bus, any number of viewers.

Each message is made into bytes once for each path prefix in use. A viewer that cannot keep up loses
what waits for it and is told to load the page's contents again (`resync`), so one slow phone costs
nobody anything.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

from services.gallery import metrics
from services.gallery.web.problems import Problem

QUEUE_LENGTH: Final = 256  # messages that may wait for one viewer
Body = Callable[[str], dict[str, Any]]
RESYNC: Final = b"event: resync\ndata: {}\n\n"


class Viewer:
    """What waits for one live page, whose paths begin with `prefix`."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(QUEUE_LENGTH)
        self.closed = False

    def offer(self, message: bytes) -> None:
        """Never blocks: a full queue becomes one `resync`."""
        if self._waiting.full():
            metrics.STREAM_DROPPED.inc(self._waiting.qsize())
            self._clear()
            message = RESYNC
        self._waiting.put_nowait(message)

    def close(self) -> None:
        """Let whoever waits for messages go."""
        self._clear()
        self.closed = True
        self._waiting.put_nowait(b"")

    async def take(self, seconds: float) -> bytes:
        """Everything that waits, or after `seconds` nothing."""
        try:
            first = await asyncio.wait_for(self._waiting.get(), seconds)
        except TimeoutError:
            return b""
        parts = [first]
        while not self._waiting.empty():
            parts.append(self._waiting.get_nowait())
        return b"".join(parts)

    def _clear(self) -> None:
        while not self._waiting.empty():
            self._waiting.get_nowait()


class Stream:
    """Hands messages to every viewer."""

    def __init__(self, *, most_viewers: int) -> None:
        self._viewers: set[Viewer] = set()
        self._most = most_viewers

    def __len__(self) -> int:
        return len(self._viewers)

    @contextmanager
    def watched(self, prefix: str) -> Iterator[Viewer]:
        """A viewer for as long as the context lasts. Raises a 503 Problem when there are enough."""
        if len(self._viewers) >= self._most:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"{self._most} live pages are open already: close one, or raise "
                "LOOKOUT_GALLERY__VIEWERS.",
            )
        viewer = Viewer(prefix)
        self._viewers.add(viewer)
        metrics.VIEWERS.set(len(self._viewers))
        try:
            yield viewer
        finally:
            self._viewers.discard(viewer)
            metrics.VIEWERS.set(len(self._viewers))

    def send(self, kind: str, body: Body, *, identifier: str | None = None) -> None:
        """Tell every viewer; `body` makes what to say out of a path prefix."""
        messages = {
            prefix: encode(kind, body(prefix), identifier)
            for prefix in {viewer.prefix for viewer in self._viewers}
        }
        for viewer in self._viewers:
            viewer.offer(messages[viewer.prefix])
        metrics.STREAMED.labels(kind).inc(len(self._viewers))

    def resync(self) -> None:
        """Tell every viewer that something may have been missed."""
        for viewer in self._viewers:
            viewer.offer(RESYNC)

    def close(self) -> None:
        """End every live page: the process stops."""
        for viewer in self._viewers:
            viewer.close()


def always(body: dict[str, Any]) -> Body:
    """What is the same under every path prefix."""
    return lambda _: body


def encode(kind: str, body: dict[str, Any], identifier: str | None = None) -> bytes:
    """One message as on the wire (HTML Standard, section 9.2.6)."""
    head = f"id: {identifier}\n" if identifier else ""
    # json.dumps escapes line ends inside strings, so the data is one line.
    return f"{head}event: {kind}\ndata: {json.dumps(body, separators=(',', ':'))}\n\n".encode()
