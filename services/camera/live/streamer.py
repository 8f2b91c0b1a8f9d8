"""Has the source give live frames for as long as somebody watches."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import structlog

from lookout.host.tasks import Crew, cancel
from lookout.video.frames import Frames
from services.camera.capture.device import Device
from services.camera.knobs import Knobs
from services.camera.knobs.knobs import SEEN
from services.camera.outbox.shrink import shrink
from services.camera.settings import Live
from services.camera.sources import SourceError
from services.camera.sources.live import LiveRequest, Ticker

STALE_SECONDS: Final = 10.0  # without a frame, then the source is asked anew
LINGER_SECONDS: Final = 2.0  # after the last viewer: reloading a page stops no encoder
RETRY_SECONDS: Final = 3.0

logger = structlog.get_logger()


class Streamer:
    """One encoder for all viewers."""

    def __init__(self, device: Device, knobs: Knobs, settings: Live) -> None:
        self._device = device
        self._knobs = knobs
        self._settings = settings
        self._viewers: set[object] = set()
        self._changed = asyncio.Event()
        self._glances = Ticker()  # where the source cannot stream
        self.frames = Frames()
        knobs.tell(self._knobs_changed)

    @property
    def hidden(self) -> str | None:
        """Why there is nothing to see, for a person; None while there is."""
        return self._knobs.hidden

    @property
    def viewers(self) -> int:
        return len(self._viewers)

    @contextmanager
    def watched(self) -> Iterator[Frames]:
        """The frames, for one viewer."""
        viewer = object()
        self._viewers.add(viewer)
        self._changed.set()
        try:
            yield self.frames
        finally:
            self._viewers.discard(viewer)
            self._changed.set()

    def end(self) -> None:
        """Send every viewer away; those who come later see new frames."""
        self.frames.close()
        self.frames = Frames()

    def _knobs_changed(self, names: frozenset[str]) -> None:
        """The newest frame, which is held for the next viewer, may show what is masked now."""
        if self._knobs.hidden:
            self.end()
        elif not names.isdisjoint(SEEN):
            self.frames.forget()

    async def run(self) -> None:
        """Stream while there are viewers, until cancelled."""
        while True:
            await self._until(watched=True)
            logger.info("somebody watches: live view starts")
            try:
                async with Crew() as crew:
                    stream = crew.start(self._stream(), "live stream")
                    await self._until(watched=False)
                    await cancel(stream)
            finally:
                await self._glances.stop()
                await self._device.live.stop()
            if not self._viewers:
                self.frames = Frames()  # the next viewer must not see an old picture
            logger.info("nobody watches: live view stopped")

    async def _stream(self) -> None:
        reopen, told = False, ""
        while True:
            try:
                await self._start(self._request(), reopen=reopen)
                await self._until_stale()
                logger.warning("the live view is stuck, opening the camera again")
                reopen = True
                told = ""
            except SourceError as error:
                if str(error) != told:
                    logger.warning("no live view, will try again", reason=str(error))
                told = str(error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _start(self, request: LiveRequest, *, reopen: bool) -> None:
        await self._glances.stop()
        await self._device.live.start(request, reopen=reopen)
        if not self._device.live.possible:
            self._glances.start(request, lambda: self._glance(request))

    async def _glance(self, request: LiveRequest) -> bytes:
        """A live frame from a source that only takes pictures."""
        while True:
            picture = await self._device.picture(request.quality)
            views = self._knobs.views
            try:
                jpeg = await asyncio.to_thread(shrink, picture.jpeg, request.size, request.quality)
            except OSError as error:
                raise SourceError(f"The picture does not decode: {error}") from None
            if views == self._knobs.views:  # else masks were asked for meanwhile
                return jpeg

    async def _until_stale(self) -> None:
        """Return when no frame has come for too long."""
        seen = -1
        while self.frames.number != seen:
            seen = self.frames.number
            await asyncio.sleep(STALE_SECONDS)

    async def _until(self, *, watched: bool) -> None:
        """Wait for the first viewer, or until the last one has been gone for a while."""
        while True:
            self._changed.clear()
            if bool(self._viewers) == watched:
                if watched or not await self._changed_within(LINGER_SECONDS):
                    return
            else:
                await self._changed.wait()

    async def _changed_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._changed.wait()
        except TimeoutError:
            return False

    def _request(self) -> LiveRequest:
        loop, settings = asyncio.get_running_loop(), self._settings

        def sink(jpeg: bytes) -> None:
            with suppress(RuntimeError):  # the event loop has ended
                loop.call_soon_threadsafe(self._show, jpeg)

        return LiveRequest(settings.size, settings.rate, settings.quality, sink)

    def _show(self, jpeg: bytes) -> None:
        self.frames.publish(jpeg)
