"""What waits for one live page or program."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from services.gallery import metrics

QUEUE_LENGTH: Final = 512  # messages that may wait for one viewer
KINDS: Final = ("image", "deleted", "node", "event")


@dataclass(frozen=True, slots=True)
class Form:
    """How a viewer is told: under which path prefix, and whether with pieces of pages besides."""

    prefix: str = ""
    html: bool = False


Body = Callable[[Form], dict[str, Any]]
Judge = Callable[[str, Any], bool]  # of a kind, and of what the message is about


def everything(_kind: str, _subject: Any) -> bool:
    """For viewers who want all there is."""
    return True


class Viewer:
    """One who watches, what of it is wanted, and what waits to be sent."""

    def __init__(self, form: Form, wants: Judge = everything) -> None:
        self.form = form
        self.wants = wants
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(QUEUE_LENGTH)
        self.closed = False

    def offer(self, message: bytes, instead: bytes) -> None:
        """Never blocks: a full queue becomes what is said `instead`."""
        if self._waiting.full():
            metrics.STREAM_DROPPED.inc(self._waiting.qsize())
            self._clear()
            message = instead
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
