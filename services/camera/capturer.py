"""Take pictures, one at a time, into the spool; mend the source when it fails."""

import asyncio
from dataclasses import dataclass, field

import structlog
from pydantic import JsonValue

from lookout.bus.events import EventBus
from lookout.bus.messages import Context, ImageMeta, image_id
from services.camera.ids import Milliseconds
from services.camera.previewer import Previewer
from services.camera.settings import Capture
from services.camera.sources import Picture, Source, SourceError
from services.camera.sources.live import LiveRequest, LiveSource
from services.camera.spool import Spool
from services.camera.state import State

logger = structlog.get_logger()


@dataclass(slots=True)
class Capturer:
    """The one user of the source."""

    node: str
    source: Source
    spool: Spool
    state: State
    events: EventBus
    previewer: Previewer
    ids: Milliseconds
    settings: Capture  # as `set` last left them
    timeout: float  # seconds one capture may take
    last: Picture | None = None
    failures: int = 0  # since the last picture
    first_picture: asyncio.Event = field(default_factory=asyncio.Event)
    _open: bool = False
    _live: LiveRequest | None = None  # while somebody watches; begun anew after each opening
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def capture(
        self, trigger: str, *, cause: Context | None = None, quality: int | None = None
    ) -> str:
        """Take a picture and spool it; the new image's id. Raises SourceError."""
        async with self._lock:
            try:
                async with asyncio.timeout(self.timeout):
                    picture = await self._picture(quality or self.settings.quality)
            except (SourceError, TimeoutError) as error:
                await self._failed(trigger, cause, error)
                raise SourceError(_reason(error, self.timeout)) from None
            return await self._keep(picture, trigger, cause)

    async def start_live(self, request: LiveRequest, *, reopen: bool = False) -> None:
        """Have a LiveSource give live frames until `stop_live`. Raises SourceError."""
        async with self._lock:
            if reopen:
                await self.close()
            self._live = request
            try:
                async with asyncio.timeout(self.timeout):
                    if not await self._opened():
                        await self._resume_live()
            except (SourceError, TimeoutError) as error:
                await self.close()
                raise SourceError(_reason(error, self.timeout)) from None

    async def stop_live(self) -> None:
        """No more live frames."""
        async with self._lock:
            self._live = None
            if self._open and isinstance(self.source, LiveSource):
                await self.source.stop_live()

    async def glance(self, quality: int) -> Picture:
        """A picture that is not kept, of a source that gives no live frames. Raises SourceError."""
        async with self._lock:
            try:
                async with asyncio.timeout(self.timeout):
                    return await self._picture(quality)
            except (SourceError, TimeoutError) as error:
                await self.close()
                raise SourceError(_reason(error, self.timeout)) from None

    async def close(self) -> None:
        """Let go of the source."""
        self._open = False
        await self.source.close()

    async def _picture(self, quality: int) -> Picture:
        await self._opened()
        return await self.source.capture(quality)

    async def _opened(self) -> bool:
        """Open the source where it is not; whether that was so."""
        if self._open:
            return False
        await self.source.open()
        self._open = True
        await self._resume_live()
        return True

    async def _resume_live(self) -> None:
        if self._live is not None and isinstance(self.source, LiveSource):
            await self.source.start_live(self._live)

    async def _keep(self, picture: Picture, trigger: str, cause: Context | None) -> str:
        milliseconds = self.ids.take(picture.timestamp)
        context = cause.child() if cause else Context()
        meta = _meta(self.node, milliseconds, picture, trigger, context)
        self.state.keep_last_id(milliseconds)
        await self.spool.add(milliseconds, meta, picture.jpeg)
        self.last = picture
        self.first_picture.set()
        if self.failures:
            logger.info("the camera works again", failures=self.failures)
        self.failures = 0
        identifier = image_id(self.node, milliseconds)
        self.events.fire("image_captured", _told(identifier, picture, trigger), context=context)
        self.previewer.show(picture.jpeg)
        return identifier

    async def _failed(self, trigger: str, cause: Context | None, error: Exception) -> None:
        reason = _reason(error, self.timeout)
        self.failures += 1
        if self.failures == 1:
            logger.error("capture failed", reason=reason)
        self.events.fire(
            "capture_failed",
            {"reason": reason, "trigger": trigger, "failures": self.failures},
            cause=cause,
        )
        await self.close()  # opened anew for the next picture


def _meta(
    node: str, milliseconds: int, picture: Picture, trigger: str, context: Context
) -> ImageMeta:
    return ImageMeta(
        id=image_id(node, milliseconds),
        timestamp=round(picture.timestamp, 3),
        lux=picture.lux,
        temperature=picture.temperature,
        width=picture.width,
        height=picture.height,
        trigger=trigger,
        context_id=context.id,
        parent_id=context.parent_id,
        meta=picture.meta or None,
    )


def _told(identifier: str, picture: Picture, trigger: str) -> dict[str, JsonValue]:
    data: dict[str, JsonValue] = {
        "id": identifier,
        "trigger": trigger,
        "size": len(picture.jpeg),
        "width": picture.width,
        "height": picture.height,
    }
    return data if picture.lux is None else {**data, "lux": round(picture.lux, 2)}


def _reason(error: Exception, timeout: float) -> str:
    return str(error) if isinstance(error, SourceError) else f"no picture within {timeout:g} s"
