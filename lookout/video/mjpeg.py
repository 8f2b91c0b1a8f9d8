"""Live pictures over HTTP: multipart/x-mixed-replace, which browsers show as a film."""

import asyncio
import socket
from collections.abc import Awaitable, Mapping
from typing import Final

from aiohttp import web

from lookout.video.frames import BOUNDARY, Frames, part

CONTENT_TYPE: Final = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
STALL_SECONDS: Final = 10.0  # a viewer that takes nothing for so long is let go
_SEND_BUFFER: Final = 128 * 1024  # bytes in the kernel for one viewer; more would be stale pictures


async def stream(request: web.Request, frames: Frames) -> web.StreamResponse:
    """Answer with the frames for as long as there are some and the viewer takes them."""
    response = await _begun(request)
    if request.method != "HEAD":
        await _followed(request, _send(response, frames))
    return response


async def stream_many(
    request: web.Request, films: Mapping[str, Frames], pause: float
) -> web.StreamResponse:
    """The newest frames of several films by one answer; `X-Node` of each part says whose it is.

    `pause` is in seconds, from one look at all of them to the next. It ends with the last film.
    """
    response = await _begun(request)
    if request.method != "HEAD":
        await _followed(request, _send_many(response, films, pause))
    return response


async def _begun(request: web.Request) -> web.StreamResponse:
    headers = {
        "Content-Type": CONTENT_TYPE,
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",  # nginx would hold frames back
    }
    response = web.StreamResponse(headers=headers)
    response.force_close()
    await response.prepare(request)
    _keep_buffers_small(request)
    return response


async def _followed(request: web.Request, sending: Awaitable[None]) -> None:
    try:
        await sending
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()  # what waits for it would never go out
    except (EOFError, ConnectionError):
        pass


async def _send(response: web.StreamResponse, frames: Frames) -> None:
    number = 0
    while True:
        number = await frames.after(number)
        async with asyncio.timeout(STALL_SECONDS):
            await response.write(frames.part)


async def _send_many(
    response: web.StreamResponse, films: Mapping[str, Frames], pause: float
) -> None:
    sent = dict.fromkeys(films, 0)
    while not all(frames.closed for frames in films.values()):
        for name, frames in films.items():
            if frames.number > sent[name] and frames.jpeg:
                sent[name] = frames.number
                async with asyncio.timeout(STALL_SECONDS):
                    await response.write(part(frames.jpeg, f"X-Node: {name}\r\n"))
        await asyncio.sleep(pause)


def _keep_buffers_small(request: web.Request) -> None:
    """Have `write` wait until the viewer took the frame before: then the next one is the newest."""
    transport = request.transport
    if transport is None:
        return
    transport.set_write_buffer_limits(high=0)
    connection: socket.socket | None = transport.get_extra_info("socket")
    if connection is not None and connection.family != socket.AF_UNIX:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
