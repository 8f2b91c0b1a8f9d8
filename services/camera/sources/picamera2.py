"""The Pi's own camera through picamera2: each picture with the metadata of its very frame."""

import asyncio
import contextlib
from typing import TYPE_CHECKING

import structlog

from services.camera.settings import Camera
from services.camera.settings.camera import PI_ONLY
from services.camera.sources.focus import Focus
from services.camera.sources.live import LiveRequest
from services.camera.sources.pidriver import Driver
from services.camera.sources.size import Size, shaped
from services.camera.sources.source import TONES, Picture, SourceError
from services.camera.sources.worker import Worker

if TYPE_CHECKING:
    from lookout.vision.frames import GreyFrame

CLOSE_SECONDS = 5.0
INTERRUPT_SECONDS = 1.0

log = structlog.get_logger()


class PiCamera:
    """The asynchronous face of one camera; every call of the library runs in one thread."""

    def __init__(self, settings: Camera) -> None:
        self._settings = settings
        self._driver = Driver(settings)
        self._worker: Worker | None = None
        self._sensor: Size | None = None  # its pixels, once it was open

    @property
    def model(self) -> str:
        return self._driver.model

    @property
    def resolution(self) -> tuple[int, int] | None:
        return self._driver.resolution

    def sizes(self, configured: Size) -> tuple[Size, ...]:
        return shaped(configured, self._sensor) if self._sensor else ()

    def does(self, settings: Camera) -> frozenset[str]:
        """Mirroring and half a turn only where the sensor does it; a quarter never."""
        turns: set[str] = set()
        if settings.sensor_flips:
            turns = {"hflip", "vflip"} | ({"rotation"} if settings.rotation == 180 else set())
        return frozenset({"resolution", "crop", *TONES, *PI_ONLY, *turns})

    async def open(self) -> None:
        """Start the camera and see one frame of it. Raises SourceError."""
        self._driver = Driver(self._settings)
        self._worker = Worker("camera")
        try:
            await self._worker.call(self._driver.open)
            self._sensor = self._driver.sensor
        except BaseException:
            await asyncio.shield(self.close())
            raise

    async def capture(self, quality: int) -> Picture:
        """A frame exposed after this call. Raises SourceError."""
        if self._worker is None:
            raise SourceError("The camera is not open.")
        return await self._worker.call(self._driver.take, quality)

    async def adjust(self, settings: Camera) -> None:
        """Use these settings from the next `open` on. Raises SourceError beyond the limits."""
        if self._worker is not None:
            await self._worker.call(self._driver.check, settings)
        self._settings = settings

    async def frame(self, width: int, height: int) -> "GreyFrame":
        """The newest frame of the low-resolution stream. Raises SourceError."""
        if self._worker is None:
            raise SourceError("The camera is not open.")
        return await self._worker.call(self._driver.grey, (width, height))

    async def start_live(self, request: LiveRequest) -> None:
        """Encode the low-resolution stream, at its size. Raises SourceError."""
        if self._worker is None:
            raise SourceError("The camera is not open.")
        await self._worker.call(self._driver.start_live, request)

    async def stop_live(self) -> None:
        if self._worker is not None:
            await self._worker.call(self._driver.stop_live)

    async def focus(self) -> Focus | None:
        """Run one focus cycle. Raises SourceError."""
        if self._worker is None:
            raise SourceError("The camera is not open.")
        return await self._worker.call(self._driver.focus)

    async def lux(self) -> float | None:
        """The light that the newest frame was exposed for. Raises SourceError."""
        if self._worker is None:
            raise SourceError("The camera is not open.")
        return await self._worker.call(self._driver.lux)

    async def close(self) -> None:
        """Let go of the camera; a library that hangs is left behind after a few seconds."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        await self._interrupt()
        closed = worker.call(self._driver.close)
        if not await worker.stop(CLOSE_SECONDS):
            closed.cancel()
            self._driver.abandon()
            log.warning("The camera library hangs and was left behind; restart this service")
            return
        with contextlib.suppress(Exception):
            await closed

    async def _interrupt(self) -> None:
        """End a wait under way. From a second thread, as the first one is in that wait."""
        helper = Worker("camera-interrupt")
        interrupted = helper.call(self._driver.interrupt)
        await helper.stop(INTERRUPT_SECONDS)
        interrupted.cancel()
