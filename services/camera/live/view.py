"""The live view as a part of the node: on, off, its address, its token."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Final

import structlog

from lookout.bus.events import EventBus
from lookout.errors import LookoutError
from lookout.host.outage import Outage
from lookout.host.settings import Broker
from lookout.host.tasks import Crew
from services.camera.live.streamer import Streamer
from services.camera.live.token import Token
from services.camera.settings import Live

AGAIN_SECONDS: Final = 30.0  # between attempts to listen, and looks at the token's age

logger = structlog.get_logger()


class LiveUnavailable(LookoutError):
    """The live view cannot be shown; the message is for a person and names the next step."""


class LiveView:
    """Serves while it is on."""

    def __init__(
        self,
        settings: Live,
        broker: Broker,
        streamer: Streamer,
        events: EventBus,
        changed: Callable[[], None],
        *,
        on: bool,
    ) -> None:
        self.on = on
        self._changed = changed  # called when the address is another one
        self._settings = settings
        self._broker = broker
        self._streamer = streamer
        self._events = events
        self._token = Token(settings.rotate, _clock())
        self._base = ""
        self._outage = Outage("the live view")
        self._changing = asyncio.Lock()
        self._serving = AsyncExitStack()

    @property
    def url(self) -> str | None:
        """Where the film is, with the token where one is needed; None while it is off."""
        if not self._base:
            return None
        if self._settings.is_loopback:
            return f"{self._base}/video"
        self._token.rotate(_clock())
        return f"{self._base}/video?token={self._token.current}"

    async def switch(self, *, on: bool) -> None:
        """Turn it on or off now. Raises LiveUnavailable when it cannot listen."""
        async with self._changing:
            self.on = on
            if not on:
                await self._stop()
            elif not self._base:
                await self._start()

    async def run(self) -> None:
        """Be there while it is on, until cancelled."""
        async with Crew() as crew:
            crew.start(self._streamer.run(), "live streamer")
            crew.start(self._listen(), "live view")

    async def _listen(self) -> None:
        try:
            while True:
                await self._try()
                await asyncio.sleep(AGAIN_SECONDS)
        finally:
            await self._stop()

    async def _try(self) -> None:
        if not self.on:
            return
        try:
            await self.switch(on=True)
        except LiveUnavailable as error:
            if self._outage.down(str(error)):
                self._events.fire("node_error", {"part": "live", "reason": str(error)})
        else:
            self._outage.up()

    async def _start(self) -> None:
        # Here, not above: without a live view aiohttp's 8 MiB are not needed.
        from services.camera.live.server import Server, listening, reached_as

        server = Server(self._settings, self._streamer, self._token, _clock)
        stack = AsyncExitStack()
        try:
            port = await stack.enter_async_context(listening(server))
            broker = (self._broker.host, self._broker.port)
            host = await asyncio.to_thread(reached_as, self._settings, broker)
        except OSError as error:
            await stack.aclose()
            raise LiveUnavailable(_why(self._settings, error)) from None
        self._serving = stack
        self._base = f"http://{host}:{port}"
        self._changed()
        logger.info("the live view is on", url=f"{self._base}/video")

    async def _stop(self) -> None:
        self._base = ""
        self._streamer.end()
        await self._serving.aclose()


def _why(settings: Live, error: OSError) -> str:
    return (
        f"live.host = {settings.host}, live.port = {settings.port}: cannot listen there "
        f"({error.strerror or error}). Each node on a computer needs a live.port of its own."
    )


def _clock() -> float:
    return asyncio.get_running_loop().time()
