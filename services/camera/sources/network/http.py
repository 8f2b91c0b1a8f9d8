"""HTTP as cameras speak it: a login, TLS, and small mistakes that browsers forgive."""

import asyncio
import os
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp

from services.camera.settings import Camera
from services.camera.settings.address import Address
from services.camera.sources.network import forgiving, tls
from services.camera.sources.network.answer import Answer, HttpFailed


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to connect and hear the beginning of an answer, and between two pieces of it."""

    begin: float
    go_on: float


class HttpCamera:
    """One address, asked again and again."""

    def __init__(self, settings: Camera, patience: Patience) -> None:
        self._address: Address = settings.address
        self._tls = settings.tls
        self._patience = patience
        self._context: ssl.SSLContext | None = None
        login = self._address.user, self._address.password
        self._basic = b64encode(":".join(login).encode()).decode() if any(login) else ""
        digest = (aiohttp.DigestAuthMiddleware(*login),) if any(login) else ()
        # A connection that stays open would keep others out: an ESP32 serves one at a time.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True),
            timeout=aiohttp.ClientTimeout(total=None, sock_read=patience.go_on),
            middlewares=digest,
        )

    async def ask(self) -> Answer:
        """What it answers to a GET, the body still to be read. Raises HttpFailed."""
        try:
            if self._address.is_encrypted and self._context is None:
                self._context = await asyncio.to_thread(tls.context, self._tls)
            async with asyncio.timeout(self._patience.begin):
                return await self._asked()
        except TimeoutError:
            raise HttpFailed("no answer in time") from None
        except tls.NotTheCamera as error:
            raise HttpFailed(str(error)) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:  # a name that is none, too
            raise HttpFailed(await self._why(error)) from None

    async def close(self) -> None:
        await self._session.close()
        await asyncio.sleep(0)  # sockets are closed by the loop's next turn

    async def _asked(self) -> Answer:
        try:
            answer = await self._get()
        except aiohttp.ClientResponseError:  # what it says is not quite HTTP
            return await self._asked_plainly()
        kind, reason = answer.content_type, answer.reason or ""
        return Answer(answer.status, reason, kind, _blocks(answer), answer.close)

    async def _asked_plainly(self) -> Answer:
        plain = await forgiving.ask(self._address, self._basic, self._context)
        try:
            tls.check(self._tls, plain.encryption)
        except tls.NotTheCamera:
            plain.answer.close()
            raise
        return plain.answer

    async def _get(self) -> aiohttp.ClientResponse:
        answer = await self._once({})
        if answer.status == 401 and self._basic and _wants_basic(answer):
            # The password goes in the clear only where the camera asks for it that way.
            answer.release()
            answer = await self._once({"Authorization": f"Basic {self._basic}"})
        return answer

    async def _once(self, headers: dict[str, str]) -> aiohttp.ClientResponse:
        return await self._session.get(self._address.plain, headers=headers, ssl=self._trust())

    def _trust(self) -> "ssl.SSLContext | aiohttp.Fingerprint | bool":
        if self._tls.fingerprint and self._tls.verify:
            return aiohttp.Fingerprint(bytes.fromhex(self._tls.fingerprint))
        return True if self._context is None else self._context

    async def _why(self, error: Exception) -> str:
        """Why, without the address: the errors of aiohttp repeat it."""
        if isinstance(error, aiohttp.ServerFingerprintMismatch):
            return (
                "its certificate is another than camera.tls.fingerprint says: "
                f"{tls.written(error.got.hex())}"
            )
        cause = error.__cause__ if isinstance(error, aiohttp.ClientConnectorError) else error
        if isinstance(cause, ssl.SSLError):
            return await tls.refusal(cause, self._address.host, self._address.port)
        return _os_reason(getattr(error, "os_error", cause) or error)


def _wants_basic(answer: aiohttp.ClientResponse) -> bool:
    return answer.headers.get("WWW-Authenticate", "").lower().startswith("basic")


async def _blocks(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The body; one that is shorter than announced ends where it ends. Raises HttpFailed."""
    try:
        async for block in answer.content.iter_any():
            yield block
    except aiohttp.ClientPayloadError:
        return
    except TimeoutError:
        raise HttpFailed("nothing comes any more") from None
    except (aiohttp.ClientError, OSError) as error:
        raise HttpFailed(_os_reason(error)) from None


def _os_reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.errno and error.errno > 0:
        return os.strerror(error.errno)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its name is not known here"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "it closed the connection without an answer"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
