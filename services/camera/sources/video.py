"""A film as a camera: what would be on the screen now, were it playing in a loop."""

import asyncio
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import av
from PIL import Image
from pydantic import JsonValue

from lookout.host.redaction import fit_to_say
from services.camera.settings import Camera
from services.camera.sources.film import Film, NoFilm
from services.camera.sources.live import LiveRequest, Ticker
from services.camera.sources.size import Size, fitted, native
from services.camera.sources.source import Picture, SourceError
from services.camera.sources.upright import upright_image, upright_size
from services.camera.sources.worker import Worker

if TYPE_CHECKING:
    from lookout.vision.frames import GreyFrame

CLOSE_SECONDS = 5.0


class Video:
    """Plays `camera.rate` frames of the film for each second since `open`, in a loop."""

    model = "video"

    def __init__(self, settings: Camera, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = settings.path or Path()
        self._rate = settings.rate
        self._limit = settings.resolution
        self._clock = clock
        self._worker: Worker | None = None
        self._film: Film | None = None
        self._live = Ticker()
        self._whole: Size | None = None  # as it comes
        self._resolution: Size | None = None

    @property
    def resolution(self) -> tuple[int, int] | None:
        return self._resolution

    def sizes(self, configured: Size) -> tuple[Size, ...]:
        return native(configured, self._whole) if self._whole else ()

    def does(self, settings: Camera) -> frozenset[str]:
        return frozenset({"resolution"})

    async def open(self) -> None:
        """Read the film's index. Raises SourceError when there is nothing to play."""
        self._worker = Worker("film")
        try:
            await self._worker.call(self._load)
        except BaseException:
            await asyncio.shield(self.close())
            raise
        self._start = self._clock()

    async def capture(self, quality: int) -> Picture:
        """The frame that is due now, as a JPEG. Raises SourceError."""
        if self._worker is None:
            raise SourceError("The film is not open.")
        return await self._worker.call(self._take, quality, self._clock() - self._start)

    async def start_live(self, request: LiveRequest) -> None:
        """Decode the same film, small."""

        async def frame() -> bytes:
            if self._worker is None:
                raise SourceError("The film is not open.")
            elapsed = self._clock() - self._start
            return await self._worker.call(self._small, request, elapsed)

        await self._live.stop()
        self._live.start(request, frame)

    async def stop_live(self) -> None:
        await self._live.stop()

    async def adjust(self, settings: Camera) -> None:
        self._limit = settings.resolution

    async def frame(self, width: int, height: int) -> "GreyFrame":
        """The frame that is due now, small and grey. Raises SourceError."""
        if self._worker is None:
            raise SourceError("The film is not open.")
        return await self._worker.call(self._grey, (width, height), self._clock() - self._start)

    async def close(self) -> None:
        """Close the film, once a capture under way has let go of it."""
        await self._live.stop()
        worker, self._worker = self._worker, None
        if worker is not None:
            unload = worker.call(self._unload)
            await worker.stop(CLOSE_SECONDS)
            unload.cancel()

    def _load(self) -> None:
        try:
            self._film = Film(self._path)
            _, frame = self._film.frame(0)
        except (OSError, ValueError, av.FFmpegError) as error:
            raise self._unplayable(error) from error
        self._whole = upright_size(frame)
        self._resolution = fitted(self._whole, self._limit)

    def _unload(self) -> None:
        film, self._film = self._film, None
        if film is not None:
            film.close()

    def _take(self, quality: int, elapsed: float) -> Picture:
        timestamp = time.time()
        film, number, image = self._shown(elapsed, self._limit)
        meta: dict[str, JsonValue] = {
            "film": fit_to_say(self._path.name),
            "frame": number,
            "position": round(film.seconds(number), 3),
        }
        return Picture(_jpeg(image, quality), timestamp, *image.size, meta=meta)

    def _small(self, request: LiveRequest, elapsed: float) -> bytes:
        _, _, image = self._shown(elapsed, fitted(request.size, self._limit))
        return _jpeg(image, request.quality)

    def _grey(self, size: tuple[int, int], elapsed: float) -> "GreyFrame":
        from lookout.vision.frames import grey_of

        _, _, image = self._shown(elapsed, fitted(size, self._limit))
        return grey_of(image, size)

    def _shown(self, elapsed: float, limit: tuple[int, int]) -> tuple[Film, int, Image.Image]:
        film = self._film
        if film is None:
            raise SourceError("The film is not open.")
        try:
            number, frame = film.frame(int(elapsed * self._rate) % len(film))
            return film, number, upright_image(frame, limit)
        except (NoFilm, OSError, av.FFmpegError) as error:
            raise self._unplayable(error) from error

    def _unplayable(self, error: Exception) -> SourceError:
        reason = getattr(error, "strerror", None) or str(error)
        return SourceError(f"The film {self._path} cannot be played: {reason}. Check camera.path.")


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
