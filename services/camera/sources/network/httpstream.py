"""A stream by HTTP: MJPEG is read here; what is something else is left to libav."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Final

from services.camera.settings import Camera
from services.camera.sources.jpegscan import START
from services.camera.sources.network.answer import Answer, HttpFailed, described, is_words
from services.camera.sources.network.http import HttpCamera, Patience
from services.camera.sources.network.mjpeg import JpegShot, Mjpeg

ENOUGH: Final = 1 << 16  # bytes in which the first picture must begin
_PICTURES: Final = ("multipart/", "image/jpeg", "image/jpg", "video/x-motion-jpeg", "video/mjpeg")
_PLAYLIST: Final = b"#EXTM3U"  # HLS, which some serve as text


class HttpStream:
    """MJPEG by HTTP, as a connection of a stream."""

    def __init__(self, camera: HttpCamera, mjpeg: Mjpeg) -> None:
        self._camera = camera
        self._mjpeg = mjpeg

    @property
    def newest(self) -> JpegShot | None:
        return self._mjpeg.newest

    @property
    def problem(self) -> str:
        return self._mjpeg.problem

    @property
    def silence(self) -> str:
        return self._mjpeg.silence

    async def close(self) -> None:
        await self._mjpeg.close()
        await self._camera.close()


async def opened(settings: Camera, changed: Callable[[], None]) -> HttpStream | None:
    """The stream, or None where it is no MJPEG. Raises HttpFailed where it is no stream at all."""
    patience = Patience(0.9 * settings.timeout, settings.stale_after)
    camera = HttpCamera(settings, patience)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(camera.close)
        answer = await camera.ask()
        stack.callback(answer.close)
        answer.check()
        begun = await _beginning(answer)
        if begun is None:
            return None
        stack.pop_all()
        return HttpStream(camera, Mjpeg(answer, begun, changed))


async def _beginning(answer: Answer) -> bytes | None:
    """What the answer begins with, where that is MJPEG, else None. Raises HttpFailed for a page."""
    if answer.content_type.startswith(_PICTURES):
        return b""
    begun = bytearray()
    async for block in answer.blocks:
        begun += block
        if START + b"\xff" in begun:
            return bytes(begun)
        if len(begun) > ENOUGH:
            break
    body = bytes(begun)
    if is_words(answer.content_type, body) and not body.lstrip().startswith(_PLAYLIST):
        raise HttpFailed(described(answer.content_type, body))
    return None
