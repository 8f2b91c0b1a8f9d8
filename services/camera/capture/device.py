"""The camera: what comes out of it, masked, and how its settings are changed."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from typing import TYPE_CHECKING

import structlog

from services.camera.capture.access import Access
from services.camera.capture.develop import BEST, develop, develop_frame
from services.camera.capture.livefeed import LiveFeed
from services.camera.knobs import Knobs
from services.camera.settings import Camera
from services.camera.sources import Picture, Source, SourceError
from services.camera.sources.focus import Focus, FocusSource
from services.camera.sources.frames import FrameSource, LuxSource
from services.camera.sources.size import Size, SizedSource

if TYPE_CHECKING:
    from lookout.vision.frames import GreyFrame

logger = structlog.get_logger()
Light = Callable[[], AbstractAsyncContextManager[None]]


class Device:
    """The one user of the source."""

    def __init__(self, source: Source, knobs: Knobs) -> None:
        self._source = source
        self._knobs = knobs
        self.access = Access(source, knobs)
        self.live = LiveFeed(self.access, knobs)
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
    def has_lens(self) -> bool:
        """Whether it may be told to focus."""
        return isinstance(self._source, FocusSource)

    def does(self, setting: str) -> bool:
        """Whether the camera itself can do this, so that the node need not."""
        return setting in self._source.does(self._knobs.camera)

    # -- what comes out of it ----------------------------------------------------------------

    async def picture(
        self, quality: int, *, light: Light = nullcontext, urgent: bool = False
    ) -> Picture:
        """A picture as the settings want it, masks included. Raises SourceError.

        `light` is on for it. An urgent one does not wait for those that came before.
        """
        async with self.access.turn(urgent=urgent):
            self.access.check_leave()
            async with light():
                return await self.access.within(partial(self._picture, quality))

    async def frame(self, width: int, height: int) -> "GreyFrame":
        """A small frame for detectors, in the shape of the pictures. Raises SourceError."""
        if not isinstance(self._source, FrameSource):
            raise SourceError(f"{self.model} gives no frames to look at.")
        return await self.access.call(partial(self._frame, self._source, (width, height)))

    async def lux(self) -> float:
        """The light now. Raises SourceError."""
        if not isinstance(self._source, LuxSource):
            raise SourceError(f"{self.model} does not measure the light.")
        lux = await self.access.call(self._source.lux, shown=False)
        if lux is None:
            raise SourceError(f"{self.model} tells no lux.")
        return lux

    async def focus(self) -> Focus:
        """One focus cycle. Raises SourceError."""
        if isinstance(self._source, FocusSource):
            found = await self.access.call(self._source.focus, shown=False)
            if found is not None:
                return found
        raise SourceError(f"{self.model} has no lens that moves.")

    async def _picture(self, quality: int) -> Picture:
        steps = self.access.steps
        picture = await self._source.capture(BEST if steps else quality)
        if steps:
            picture = await asyncio.to_thread(develop, picture, self._knobs.camera, steps, quality)
        self._knobs.prove()
        return picture

    async def _frame(self, source: FrameSource, size: Size) -> "GreyFrame":
        frame = await source.frame(*size)
        camera, steps = self._knobs.camera, self.access.steps
        return await asyncio.to_thread(develop_frame, frame, camera, steps)

    # -- its settings ------------------------------------------------------------------------

    async def use(self, camera: Camera) -> None:
        """Use these settings from the next picture on.

        Raises SourceError, and nothing is changed, when an open camera lacks what they ask for.
        One that hangs or is away is told when it is opened.
        """
        access = self.access
        async with access.turn():
            try:
                async with asyncio.timeout(access.timeout):
                    await self._source.adjust(camera)
            except TimeoutError:
                await access.close()
                await self._source.adjust(camera)
            self._knobs.ask(camera)
            await access.close()  # opened again for the next picture, or for those who watch
            if self.live.wanted and not self._knobs.hidden:
                await self._open_for_viewers()

    async def _open_for_viewers(self) -> None:
        try:
            async with asyncio.timeout(self.access.timeout):
                await self.access.opened()
        except Exception as error:  # whatever a library raises; the next capture tells it
            logger.warning("no live view for now", reason=str(error))
            await self.access.close()

    async def rest(self) -> None:
        """Take nothing until there is leave again: the camera is closed, live frames end."""
        async with self.access.turn():
            await self.access.close()

    async def works_with(self, camera: Camera) -> bool:
        """Whether it gives a picture with other settings, which nobody sees."""
        async with self.access.turn():
            try:
                async with asyncio.timeout(camera.deadline):
                    await self._source.adjust(camera)
                    await self._source.open()
                    await self._source.capture(BEST)
            except Exception as error:  # whatever it is: these do not work either
                logger.info("the settings before do not work either", reason=str(error))
                return False
            finally:
                await self.access.close()
                await self._source.adjust(self._knobs.camera)
        return True

    async def close(self) -> None:
        """Let go of the source, whoever may be waiting for it."""
        await self.access.close()
