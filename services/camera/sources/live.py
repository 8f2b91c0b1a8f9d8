"""What a source that can stream offers besides pictures: small JPEGs at a rate."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import structlog

from lookout.host.tasks import cancel
from services.camera.sources.source import SourceError

Sink = Callable[[bytes], None]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LiveRequest:
    """What live frames should be like, and who takes them: from any thread, without waiting."""

    size: tuple[int, int]  # pixels, at most
    rate: float  # frames a second, at most
    quality: int  # JPEG quality, 1 to 100
    sink: Sink


@runtime_checkable
class LiveSource(Protocol):
    """A source that gives live frames beside its captures. It is open when these are called."""

    async def start_live(self, request: LiveRequest) -> None:
        """Give frames until `stop_live` or `close`. Raises SourceError."""

    async def stop_live(self) -> None:
        """Give no more frames. May be called twice."""


class Ticker:
    """Makes frames at a rate with a function, and hands them on; slower if that takes longer."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def start(self, request: LiveRequest, frame: Callable[[], Awaitable[bytes]]) -> None:
        """Begin. It ends when `frame` raises SourceError."""
        self._task = asyncio.create_task(_tick(request, frame), name="live frames")

    async def stop(self) -> None:
        """End, once a frame under way is done."""
        task, self._task = self._task, None
        if task is not None:
            await cancel(task)


async def _tick(request: LiveRequest, frame: Callable[[], Awaitable[bytes]]) -> None:
    loop, pause = asyncio.get_running_loop(), 1 / request.rate
    due = loop.time()
    while True:
        try:
            await asyncio.to_thread(request.sink, await frame())
        except SourceError as error:
            log.warning("the live view ended", reason=str(error))
            return
        # One late frame does not move the next ones; a long pause is not made up for.
        due = max(due + pause, loop.time() - pause)
        await asyncio.sleep(due - loop.time())
