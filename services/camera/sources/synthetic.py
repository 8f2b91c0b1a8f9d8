"""A drawn place instead of a camera: for the demo, for tests, and for trying Lookout without a Pi.

Measured at 1920x1080 on one core of a PC: 14 ms of processor time for each picture, half of it to
encode the JPEG, and 0.15 to 0.3 s once a minute for the background; 60 to 70 MiB
resident with Python.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING

from pydantic import JsonValue

from scenery import Light, Scene, light_at
from services.camera.settings import Camera
from services.camera.sources.live import LiveRequest, Ticker
from services.camera.sources.size import Size, fitted, shaped
from services.camera.sources.source import Picture, SourceError

if TYPE_CHECKING:
    from lookout.vision.frames import GreyFrame

MAX_PIXELS = 25_000_000  # more would take a Pi's memory: each pixel costs about 12 bytes
LARGEST = (3840, 2160)  # pixels that are offered
LONGEST_EXPOSURE = 66_666  # microseconds
HIGHEST_GAIN = 16.0


class Synthetic:
    """Draws the scene of `camera.seed` as it is now; the same seed and time give the same bytes."""

    model = "synthetic"

    def __init__(self, settings: Camera, clock: Callable[[], float] = time.time) -> None:
        self._seed = settings.seed
        self._size = settings.resolution
        self._clock = clock
        self._scene: Scene | None = None
        self._watched: tuple[tuple[int, int], Scene] | None = None  # what detectors see
        self._drawing = threading.Lock()  # a cancelled capture may still be drawing
        self._live = Ticker()

    @property
    def resolution(self) -> tuple[int, int] | None:
        return self._size

    def sizes(self, configured: Size) -> tuple[Size, ...]:
        return shaped(configured, LARGEST)

    def does(self, settings: Camera) -> frozenset[str]:
        return frozenset({"resolution"})

    async def open(self) -> None:
        if self._size[0] * self._size[1] > MAX_PIXELS:
            raise SourceError(
                f"camera.resolution = {self._size[0]}x{self._size[1]}: a scene is drawn with at "
                f"most {MAX_PIXELS // 1_000_000} million pixels. Set a smaller one."
            )
        self._scene = Scene(self._seed, self._size)

    async def capture(self, quality: int) -> Picture:
        if self._scene is None:
            raise SourceError("The scene is not open.")
        return await asyncio.to_thread(self._take, self._scene, quality, self._clock())

    async def start_live(self, request: LiveRequest) -> None:
        """Draw the same place, small."""
        scene = Scene(self._seed, fitted(self._size, request.size))

        async def frame() -> bytes:
            return await asyncio.to_thread(_jpeg, scene, request.quality, self._clock())

        await self._live.stop()
        self._live.start(request, frame)

    async def stop_live(self) -> None:
        await self._live.stop()

    async def adjust(self, settings: Camera) -> None:
        self._size = settings.resolution

    async def frame(self, width: int, height: int) -> "GreyFrame":
        """The scene drawn small: fine detail differs from the picture's."""
        size = fitted(self._size, (width, height))
        if self._watched is None or self._watched[0] != size:
            self._watched = size, Scene(self._seed, size)
        return await asyncio.to_thread(_grey, self._watched[1], self._clock())

    async def lux(self) -> float | None:
        return light_at(self._seed, self._clock()).lux

    async def close(self) -> None:
        await self._live.stop()
        self._scene = None

    def _take(self, scene: Scene, quality: int, timestamp: float) -> Picture:
        with self._drawing:
            image = scene.draw(timestamp)
        out = BytesIO()
        image.save(out, "JPEG", quality=quality)
        light = light_at(self._seed, timestamp)
        return Picture(
            out.getvalue(),
            timestamp,
            *self._size,
            lux=round(light.lux, 2),
            temperature=round(light.temperature, 1),
            meta=_exposure(light),
        )


def _grey(scene: Scene, timestamp: float) -> "GreyFrame":
    from lookout.vision.frames import grey_of

    image = scene.draw(timestamp)
    return grey_of(image, image.size)


def _jpeg(scene: Scene, quality: int, timestamp: float) -> bytes:
    out = BytesIO()
    scene.draw(timestamp).save(out, "JPEG", quality=quality)
    return out.getvalue()


def _exposure(light: Light) -> dict[str, JsonValue]:
    """What a camera's automatic exposure and white balance would have chosen."""
    wanted = 2.5e6 / max(light.lux, 0.01)  # microseconds at a gain of 1; 6 ms at 400 lux
    exposure = min(LONGEST_EXPOSURE, max(60, round(wanted)))
    red, _, blue = light.tint
    return {
        "exposure_us": exposure,
        "gain": round(min(HIGHEST_GAIN, max(1.0, wanted / exposure)), 2),
        "colour_temperature": round(5500 - 2600 * (red - blue), -1),  # warm light is a lower one
    }
