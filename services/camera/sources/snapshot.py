"""A camera that gives one JPEG for each HTTP request, such as an ESP32-CAM or an IP camera."""

import asyncio
import time

from services.camera.settings import Camera
from services.camera.sources.jpeg import MAX_BYTES, jpeg_size, trimmed
from services.camera.sources.jpegscan import START, JpegScanner
from services.camera.sources.network.answer import Answer, HttpFailed, described
from services.camera.sources.network.http import HttpCamera, Patience
from services.camera.sources.source import Picture, SourceError


class Snapshot:
    """Asks `camera.url` for each picture; the bytes are used as they come."""

    model = "snapshot"

    def __init__(self, settings: Camera) -> None:
        self._settings = settings
        self._where = settings.address.shown
        self._seconds = 0.9 * settings.timeout
        self._camera: HttpCamera | None = None
        self._resolution: tuple[int, int] | None = None

    @property
    def resolution(self) -> tuple[int, int] | None:
        return self._resolution

    def does(self, settings: Camera) -> frozenset[str]:
        return frozenset()

    async def open(self) -> None:
        await self.close()
        self._camera = HttpCamera(self._settings, Patience(self._seconds, self._seconds))

    async def capture(self, quality: int) -> Picture:
        """What the camera answers; `quality` is not used, as nothing is encoded again."""
        if self._camera is None:
            raise SourceError("The camera is not open.")
        timestamp = time.time()
        try:
            async with asyncio.timeout(self._seconds):
                kind, body = await _answered(self._camera)
        except HttpFailed as error:
            raise self._failed(str(error)) from None
        except TimeoutError:
            raise self._failed("no answer in time") from None
        if not body.startswith(START):
            raise self._failed(described(kind, body))
        try:
            jpeg = await asyncio.to_thread(trimmed, body)
            width, height = await asyncio.to_thread(jpeg_size, jpeg)
        except ValueError as error:
            raise self._failed(f"its answer is not a whole JPEG ({error})") from None
        self._resolution = width, height
        return Picture(jpeg, timestamp, width, height)

    async def adjust(self, settings: Camera) -> None:
        """Nothing of it concerns this camera: its bytes are used as they are."""

    async def close(self) -> None:
        camera, self._camera = self._camera, None
        if camera is not None:
            await camera.close()

    def _failed(self, reason: str) -> SourceError:
        return SourceError(f"{self._where} gives no picture: {reason}. Check camera.url.")


async def _answered(camera: HttpCamera) -> tuple[str, bytes]:
    """What kind of answer came, and its body. Raises HttpFailed."""
    answer = await camera.ask()
    try:
        answer.check()
        return answer.content_type, await _body(answer)
    finally:
        answer.close()


async def _body(answer: Answer) -> bytes:
    """The answer's bytes; of a stream, its first whole picture. Raises HttpFailed."""
    scanner = JpegScanner(MAX_BYTES)
    body = bytearray()
    async for block in answer.blocks:
        if answer.content_type.startswith("multipart/"):
            if whole := [piece.jpeg for piece in scanner.feed(block) if piece.ended]:
                return whole[0]
            continue
        body += block
        if len(body) > MAX_BYTES:
            raise HttpFailed(f"its answer is larger than {MAX_BYTES} bytes")
    return bytes(body)
