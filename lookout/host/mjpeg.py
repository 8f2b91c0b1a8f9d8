"""Live pictures for any number of viewers: each gets the newest one that it can take.

The format is multipart/x-mixed-replace: a JPEG after the other, which browsers show as a film.
"""

import asyncio
import socket
from typing import Final

from aiohttp import web

BOUNDARY: Final = "lookout-frame"
CONTENT_TYPE: Final = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
STALL_SECONDS: Final = 10.0  # a viewer that takes nothing for so long is let go
_SEND_BUFFER: Final = 128 * 1024  # bytes in the kernel for one viewer; more would be stale pictures


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
        self.jpeg, self.part = jpeg, _part(jpeg)
        self._wake()

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


async def stream(request: web.Request, frames: Frames) -> web.StreamResponse:
    """Answer with the frames for as long as there are some and the viewer takes them."""
    response = web.StreamResponse(
        headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"}
    )
    response.force_close()
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    _keep_buffers_small(request)
    try:
        await _send(response, frames)
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()  # what waits for it would never go out
    except (EOFError, ConnectionError):
        pass
    return response


async def _send(response: web.StreamResponse, frames: Frames) -> None:
    number = 0
    while True:
        number = await frames.after(number)
        async with asyncio.timeout(STALL_SECONDS):
            await response.write(frames.part)


def _keep_buffers_small(request: web.Request) -> None:
    """Have `write` wait until the viewer took the frame before: then the next one is the newest."""
    transport = request.transport
    if transport is None:
        return
    transport.set_write_buffer_limits(high=0)
    connection: socket.socket | None = transport.get_extra_info("socket")
    if connection is not None and connection.family != socket.AF_UNIX:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)


def _part(jpeg: bytes) -> bytes:
    head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
    return b"".join((head.encode(), jpeg, b"\r\n"))
