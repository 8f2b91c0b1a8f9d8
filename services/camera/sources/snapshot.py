"""A camera that gives one JPEG for each HTTP request, such as an ESP32-CAM or an IP camera."""

import asyncio
import time
from base64 import b64encode
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

import aiohttp

from lookout.host.settings import redact_url
from services.camera.settings import Camera
from services.camera.sources.jpegsize import MAX_BYTES, jpeg_size
from services.camera.sources.source import Picture, SourceError

BLOCK: Final = 1 << 16  # bytes


class Snapshot:
    """Asks `camera.url` for each picture; the bytes are used as they come."""

    model = "snapshot"

    def __init__(self, settings: Camera) -> None:
        parts = urlsplit(settings.address)
        self._where = redact_url(settings.address)
        self._url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        self._login = unquote(parts.username or ""), unquote(parts.password or "")
        self._timeout = aiohttp.ClientTimeout(total=0.9 * settings.timeout)
        self._session: aiohttp.ClientSession | None = None
        self._resolution: tuple[int, int] | None = None

    @property
    def resolution(self) -> tuple[int, int] | None:
        return self._resolution

    async def open(self) -> None:
        self._session = aiohttp.ClientSession(
            timeout=self._timeout, middlewares=self._middlewares()
        )

    async def capture(self, quality: int) -> Picture:
        """What the camera answers; `quality` is not used, as nothing is encoded again."""
        if self._session is None:
            raise SourceError("The camera is not open.")
        timestamp = time.time()
        try:
            jpeg = await self._asked(self._session)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise self._failed(_reason(error)) from None
        try:
            width, height = await asyncio.to_thread(jpeg_size, jpeg)
        except (OSError, ValueError) as error:
            raise self._failed(f"its answer is not a whole JPEG ({error})") from None
        self._resolution = width, height
        return Picture(jpeg, timestamp, width, height)

    async def adjust(self, settings: Camera) -> None:
        """Nothing of it concerns this camera: its bytes are used as they are."""

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _asked(self, session: aiohttp.ClientSession) -> bytes:
        async with session.get(self._url) as answer:
            if answer.status == 401 and any(self._login):
                return await self._asked_basic(session, answer)
            return await _body(answer)

    async def _asked_basic(
        self, session: aiohttp.ClientSession, refusal: aiohttp.ClientResponse
    ) -> bytes:
        """Once more with a password in the clear, only where the camera asks for it that way."""
        if not refusal.headers.get("WWW-Authenticate", "").lower().startswith("basic"):
            return await _body(refusal)
        login = b64encode(":".join(self._login).encode()).decode()
        async with session.get(self._url, headers={"Authorization": f"Basic {login}"}) as answer:
            return await _body(answer)

    def _middlewares(self) -> tuple[aiohttp.ClientMiddlewareType, ...]:
        return (aiohttp.DigestAuthMiddleware(*self._login),) if any(self._login) else ()

    def _failed(self, reason: str) -> SourceError:
        return SourceError(f"{self._where} gives no picture: {reason}. Check camera.url.")


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    """The answer's bytes. Raises ValueError when it is refused or too large."""
    if answer.status != 200:
        raise ValueError(f"it answers {answer.status} {answer.reason or ''}".strip())
    body = bytearray()
    async for block in answer.content.iter_chunked(BLOCK):
        body += block
        if len(body) > MAX_BYTES:
            raise ValueError(f"its answer is larger than {MAX_BYTES} bytes")
    return bytes(body)


def _reason(error: Exception) -> str:
    """Why, without the address: the errors of aiohttp repeat it."""
    if isinstance(error, ValueError) and not isinstance(error, aiohttp.InvalidURL):
        return str(error)
    if isinstance(error, TimeoutError):
        return "no answer in time"
    cause = getattr(error, "os_error", None)
    return (
        (getattr(cause, "strerror", None) or type(error).__name__)
        if cause
        else type(error).__name__
    )
