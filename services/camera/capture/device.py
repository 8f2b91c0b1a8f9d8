"""The camera: one call at a time, each with a deadline, and nothing comes out of it unmasked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import structlog

from lookout.contract.wire import now
from services.camera.capture.develop import BEST, develop, develop_frame, left_to_do
from services.camera.capture.turns import Turns
from services.camera.knobs import Knobs
from services.camera.settings import Camera
from services.camera.sources import Picture, Source, SourceError
from services.camera.sources.focus import Focus, FocusSource
from services.camera.sources.frames import FrameSource, LuxSource
from services.camera.sources.live import LiveRequest, LiveSource
from services.camera.sources.size import Size, SizedSource

if TYPE_CHECKING:
    from lookout.vision.frames import GreyFrame

logger = structlog.get_logger()
T = TypeVar("T")
Light = Callable[[], AbstractAsyncContextManager[None]]


class Device:
    """The one user of the source."""

    def __init__(self, source: Source, knobs: Knobs) -> None:
        self._source = source
        self._knobs = knobs
        self._turns = Turns()
        self._is_open = False
        self._busy_since: float | None = None
        self._live: LiveRequest | None = None  # while somebody watches; again after each opening
        knobs.used_by(self.use, self.rest)

    # -- what it is --------------------------------------------------------------------------

    @property
    def model(self) -> str:
        """The sensor's model or the kind of source."""
        return self._source.model

    @property
    def resolution(self) -> Size | None:
        """Width and height of its pictures in pixels, once known."""
        return self._source.resolution

    @property
    def sizes(self) -> tuple[Size, ...]:
        """What to choose from; none where the source cannot tell, or not yet."""
        if not isinstance(self._source, SizedSource):
            return ()
        return self._source.sizes(self._knobs.trial.configured.resolution)

    @property
    def gives_frames(self) -> bool:
        """Whether detectors can look through it."""
        return isinstance(self._source, FrameSource)

    @property
    def gives_live_frames(self) -> bool:
        """Whether it streams beside its captures; else the live view is made of pictures."""
        return isinstance(self._source, LiveSource)

    @property
    def has_lens(self) -> bool:
        """Whether it may be told to focus."""
        return isinstance(self._source, FocusSource)

    def does(self, setting: str) -> bool:
        """Whether the camera itself can do this, so that the node need not."""
        return setting in self._source.does(self._knobs.camera)

    @property
    def timeout(self) -> float:
        """Seconds one call may take."""
        return self._knobs.camera.deadline

    @property
    def busy_seconds(self) -> float:
        """For how long one call has been under way; 0 while none is."""
        return 0.0 if self._busy_since is None else _clock() - self._busy_since

    # -- what comes out of it ----------------------------------------------------------------

    async def picture(
        self, quality: int, *, light: Light = nullcontext, urgent: bool = False
    ) -> Picture:
        """A picture as the settings want it, masks included. Raises SourceError.

        `light` is on for it. An urgent one does not wait for those that came before.
        """
        async with self._turn(urgent=urgent):
            self._check_leave()
            async with light():
                return await self._within(partial(self._picture, quality))

    async def frame(self, width: int, height: int) -> "GreyFrame":
        """A small frame for detectors, in the shape of the pictures. Raises SourceError."""
        if not isinstance(self._source, FrameSource):
            raise SourceError(f"{self.model} gives no frames to look at.")
        return await self._call(partial(self._frame, self._source, (width, height)))

    async def lux(self) -> float:
        """The light now. Raises SourceError."""
        if not isinstance(self._source, LuxSource):
            raise SourceError(f"{self.model} does not measure the light.")
        lux = await self._call(self._source.lux, shown=False)
        if lux is None:
            raise SourceError(f"{self.model} tells no lux.")
        return lux

    async def focus(self) -> Focus:
        """One focus cycle. Raises SourceError."""
        if isinstance(self._source, FocusSource):
            found = await self._call(self._source.focus)
            if found is not None:
                return found
        raise SourceError(f"{self.model} has no lens that moves.")

    async def start_live(self, request: LiveRequest, *, reopen: bool = False) -> None:
        """Have a LiveSource give live frames until `stop_live`. Raises SourceError."""

        async with self._turn():
            if reopen:
                await self._close()
            self._live = request
            if self._is_open:
                await self._within(self._resume_live)
            else:
                await self._within(_nothing)  # opening it starts them

    async def stop_live(self) -> None:
        """No more live frames."""
        async with self._turn():
            self._live = None
            if not self._is_open or not isinstance(self._source, LiveSource):
                return
            try:
                async with asyncio.timeout(self.timeout):
                    await self._source.stop_live()
            except TimeoutError:
                logger.warning("the live view does not stop, closing the camera")
                await self._close()

    # -- its settings ------------------------------------------------------------------------

    async def use(self, camera: Camera) -> None:
        """Use these settings from the next picture on.

        Raises SourceError, and nothing is changed, when an open camera has not what they ask for.
        One that hangs or is away is told when it is opened.
        """
        async with self._turn():
            try:
                async with asyncio.timeout(self.timeout):
                    await self._source.adjust(camera)
            except TimeoutError:
                await self._close()
                await self._source.adjust(camera)
            self._knobs.ask(camera)
            await self._reopen()

    async def rest(self) -> None:
        """Take nothing until there is leave again: the camera is closed, live frames end."""
        async with self._turn():
            await self._close()

    async def works_with(self, camera: Camera) -> bool:
        """Whether it gives a picture with other settings, which nobody sees."""
        async with self._turn():
            try:
                async with asyncio.timeout(camera.deadline):
                    await self._source.adjust(camera)
                    await self._source.open()
                    await self._source.capture(BEST)
            except Exception as error:  # whatever it is: these do not work either
                logger.info("the settings before do not work either", reason=str(error))
                return False
            finally:
                await self._close()
                await self._source.adjust(self._knobs.camera)
        return True

    async def close(self) -> None:
        """Let go of the source, whoever may be waiting for it."""
        await self._close()

    # -- one call ----------------------------------------------------------------------------

    @asynccontextmanager
    async def _turn(self, *, urgent: bool = False) -> AsyncIterator[None]:
        """The source is ours alone; how long that lasts is watched."""
        async with self._turns.turn(urgent=urgent):
            self._busy_since = _clock()
            try:
                yield
            finally:
                self._busy_since = None

    async def _call(self, body: Callable[[], Awaitable[T]], *, shown: bool = True) -> T:
        async with self._turn():
            return await self._within(body, shown=shown)

    async def _within(self, body: Callable[[], Awaitable[T]], *, shown: bool = True) -> T:
        """What it gives within the deadline, opened first. Closes it and raises SourceError.

        `shown` tells whether it is something to be seen, for which leave is needed.
        """
        if shown:
            self._check_leave()
        timeout = self.timeout
        try:
            async with asyncio.timeout(timeout):
                await self._opened()
                result = await body()
        except Exception as error:  # a library may raise anything; the node goes on
            await self._close()
            raise _plain(error, timeout) from error
        if shown:
            self._check_leave()
        return result

    def _check_leave(self) -> None:
        if self._knobs.hidden:
            raise SourceError(self._knobs.hidden)

    async def _picture(self, quality: int) -> Picture:
        steps = self._steps()
        picture = await self._source.capture(BEST if steps else quality)
        if steps:
            picture = await asyncio.to_thread(develop, picture, self._knobs.camera, steps, quality)
        self._knobs.trial.prove()
        return picture

    async def _frame(self, source: FrameSource, size: Size) -> "GreyFrame":
        frame = await source.frame(*size)
        return await asyncio.to_thread(develop_frame, frame, self._knobs.camera, self._steps())

    def _steps(self) -> frozenset[str]:
        camera = self._knobs.camera
        return left_to_do(camera, self._source.does(camera))

    async def _opened(self) -> None:
        if self._is_open:
            return
        await self._source.open()
        self._is_open = True
        await self._resume_live()

    async def _reopen(self) -> None:
        """Closed for its new settings; opened at once for those who watch, if it can be."""
        await self._close()
        if self._live is None or self._knobs.hidden:
            return
        try:
            async with asyncio.timeout(self.timeout):
                await self._opened()
        except Exception as error:  # the next capture tells it
            logger.warning("no live view for now", reason=str(error))
            await self._close()

    async def _close(self) -> None:
        self._is_open = False
        try:
            await self._source.close()
        except Exception:  # as above
            logger.exception("the camera does not close")

    # -- live frames -------------------------------------------------------------------------

    async def _resume_live(self) -> None:
        if self._live is not None and isinstance(self._source, LiveSource):
            await self._source.start_live(self._covered(self._live))

    def _covered(self, request: LiveRequest) -> LiveRequest:
        """The same request for frames that need what the source cannot do, masks above all.

        Frames of a library that was left behind, from before a change, are dropped.
        """
        knobs, camera, steps = self._knobs, self._knobs.camera, self._steps()

        def sink(jpeg: bytes) -> None:
            if knobs.hidden or knobs.camera is not camera:
                return
            if not steps:
                request.sink(jpeg)
                return
            frame = Picture(jpeg, now(), *request.size)
            try:
                request.sink(develop(frame, camera, steps, request.quality).jpeg)
            except SourceError as error:
                logger.warning("a live frame was dropped", reason=str(error))

        return replace(request, sink=sink)


async def _nothing() -> None:
    """Opening is all that is wanted."""


def _plain(error: Exception, timeout: float) -> SourceError:
    """What went wrong, for a person."""
    if isinstance(error, SourceError):
        return error
    if isinstance(error, TimeoutError):
        return SourceError(f"no picture within {timeout:g} s")
    if isinstance(error, ImportError):
        return SourceError(f"{error}: install what is missing: pip install 'lookout-hub[camera]'")
    logger.error("the camera failed in a way that nobody foresaw", exc_info=error)
    return SourceError(f"The camera failed ({error!r}): the log says more.")


def _clock() -> float:
    return asyncio.get_running_loop().time()
