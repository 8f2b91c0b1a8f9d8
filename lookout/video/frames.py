"""Live pictures for any number of viewers: each gets the newest one that it can take."""

import asyncio
from typing import Final

BOUNDARY: Final = "lookout-frame"


class Frames:
    """The newest frame. There is no queue, so that a slow viewer costs nobody anything."""

    def __init__(self) -> None:
        self.number = 0
        self.jpeg = b""
        self.part = b""
        self.closed = False
        self._arrived = asyncio.Event()

    def publish(self, jpeg: bytes) -> None:
        """Show this one from now on. On the event loop's thread only."""
        self.number += 1
        self.jpeg, self.part = jpeg, part(jpeg)
        self._wake()

    def forget(self) -> None:
        """Show the newest one to nobody any more; viewers stay for the next."""
        self.jpeg = self.part = b""

    def close(self) -> None:
        """Let every viewer go."""
        self.closed = True
        self._wake()

    async def after(self, number: int) -> int:
        """Wait for a frame newer than `number`; its own number. Raises EOFError when closed."""
        while self.number <= number and not self.closed:
            await self._arrived.wait()
        if self.closed:
            raise EOFError
        return self.number

    def _wake(self) -> None:
        self._arrived.set()
        self._arrived = asyncio.Event()


def part(jpeg: bytes, more: str = "") -> bytes:
    """A frame as a part of an answer; `more` are further lines of its head."""
    kind = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\n"
    head = f"{kind}{more}Content-Length: {len(jpeg)}\r\n\r\n"
    return b"".join((head.encode(), jpeg, b"\r\n"))
