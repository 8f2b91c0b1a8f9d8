"""Live frames beside the pictures, for as long as somebody watches, and masked as they are."""

import asyncio
from contextlib import suppress
from dataclasses import replace

import structlog

from lookout.contract.wire import now
from services.camera.capture.access import Access, nothing
from services.camera.capture.develop import develop
from services.camera.knobs import Knobs
from services.camera.sources import Picture, SourceError
from services.camera.sources.live import LiveRequest, LiveSource

logger = structlog.get_logger()


class LiveFeed:
    """Has the source stream, where it can; again after each opening."""

    def __init__(self, access: Access, knobs: Knobs) -> None:
        self._access = access
        self._knobs = knobs
        self._request: LiveRequest | None = None  # while somebody watches
        access.after_opening = self._resume

    @property
    def possible(self) -> bool:
        """Whether the source streams; else the live view is made of pictures."""
        return isinstance(self._access.source, LiveSource)

    @property
    def wanted(self) -> bool:
        """Whether somebody watches."""
        return self._request is not None

    async def start(self, request: LiveRequest, *, reopen: bool = False) -> None:
        """Give live frames until `stop`. Raises SourceError."""
        access = self._access
        async with access.turn():
            if reopen:
                await access.close()
            self._request = request
            # Opening it starts them as well.
            await access.within(self._resume if access.is_open else nothing)

    async def stop(self) -> None:
        """No more live frames."""
        access = self._access
        async with access.turn():
            self._request = None
            if not access.is_open or not isinstance(access.source, LiveSource):
                return
            try:
                async with asyncio.timeout(access.timeout):
                    await access.source.stop_live()
            except TimeoutError:
                logger.warning("the live view does not stop, closing the camera")
                await access.close()

    async def _resume(self) -> None:
        if self._request is not None and isinstance(self._access.source, LiveSource):
            await self._access.source.start_live(self._covered(self._request))

    def _covered(self, request: LiveRequest) -> LiveRequest:
        """The same request for frames that need what the source cannot do, masks above all.

        A source's thread may still be at work on a frame when masks are asked for: what comes of
        it is dropped. That is looked at in the event loop, in which settings change.
        """
        loop, knobs = asyncio.get_running_loop(), self._knobs
        camera, steps = knobs.camera, self._access.steps

        def deliver(jpeg: bytes) -> None:
            if knobs.camera is camera and not knobs.hidden:
                request.sink(jpeg)

        def sink(jpeg: bytes) -> None:
            frame = Picture(jpeg, now(), *request.size)
            try:
                if steps:
                    frame = develop(frame, camera, steps, request.quality)
            except SourceError as error:
                logger.warning("a live frame was dropped", reason=str(error))
                return
            with suppress(RuntimeError):  # the event loop has ended
                loop.call_soon_threadsafe(deliver, frame.jpeg)

        return replace(request, sink=sink)
