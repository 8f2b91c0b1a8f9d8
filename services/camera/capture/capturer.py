"""Take pictures, one at a time, into the spool; mend the source when it fails."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from lookout.bus.events import EventBus
from lookout.contract.images import image_id
from lookout.contract.wire import Context, now
from services.camera.capture.develop import BEST, develop, develop_frame, left_to_do
from services.camera.capture.ids import Milliseconds
from services.camera.capture.image_meta import meta_of, told_of
from services.camera.capture.tuning import Tuning
from services.camera.observers.people import PeopleCount
from services.camera.observers.preview import Previewer
from services.camera.observers.view import ViewWatch
from services.camera.outbox.spool import Spool
from services.camera.settings import Capture
from services.camera.sources import Picture, Source, SourceError
from services.camera.sources.focus import Focus, FocusSource
from services.camera.sources.frames import FrameSource, LuxSource
from services.camera.sources.live import LiveRequest, LiveSource
from services.camera.state import State

if TYPE_CHECKING:
    from lookout.vision.frames import GreyFrame

logger = structlog.get_logger()
T = TypeVar("T")


@dataclass(slots=True)
class Capturer:
    """The one user of the source."""

    node: str
    source: Source
    spool: Spool
    state: State
    events: EventBus
    previewer: Previewer
    view: ViewWatch
    people: PeopleCount
    ids: Milliseconds
    settings: Capture  # as `set` last left them
    tuning: Tuning
    flash: Callable[[], AbstractAsyncContextManager[None]] = nullcontext  # light for a capture
    last: Picture | None = None
    failures: int = 0  # since the last picture
    failure: str = ""  # why the last one failed
    _failing_since: float = 0.0  # on the event loop's clock
    _busy_since: float | None = None
    first_picture: asyncio.Event = field(default_factory=asyncio.Event)
    _open: bool = False
    _live: LiveRequest | None = None  # while somebody watches; begun anew after each opening
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def timeout(self) -> float:
        """Seconds one capture may take."""
        return self.tuning.current.deadline

    @property
    def busy_seconds(self) -> float:
        """For how long the source has been in use without a break; 0 while it is not."""
        return 0.0 if self._busy_since is None else _clock() - self._busy_since

    @property
    def failing_seconds(self) -> float:
        """For how long captures have failed; 0 while they do not."""
        failing = self.failures and self.settings.enabled
        return _clock() - self._failing_since if failing else 0.0

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """The source is ours alone; how long that lasts is watched."""
        async with self._lock:
            self._busy_since = _clock()
            try:
                yield
            finally:
                self._busy_since = None

    async def capture(
        self, trigger: str, *, cause: Context | None = None, quality: int | None = None
    ) -> str:
        """Take a picture and spool it; the new image's id. Raises SourceError."""
        self._check_enabled()
        async with self._turn():
            async with self.flash():
                picture = await self._taken(trigger, cause, quality)
            return await self._keep(picture, trigger, cause)

    async def take(self, trigger: str) -> Picture:
        """Take a picture that `keep` may spool later. Raises SourceError."""
        self._check_enabled()
        async with self._turn():
            return await self._taken(trigger)

    def _check_enabled(self) -> None:
        if not self.settings.enabled:
            raise SourceError("Captures are switched off here: set enabled to true.")

    async def keep(self, picture: Picture, trigger: str, *, cause: Context | None = None) -> str:
        """Spool a picture taken before, with the time at which it was taken; its id."""
        async with self._turn():
            return await self._keep(picture, trigger, cause)

    async def frame(self, width: int, height: int) -> "GreyFrame":
        """A small frame for detectors, in the shape of the pictures. Raises SourceError."""
        if not isinstance(self.source, FrameSource):
            raise SourceError(f"{self.source.model} gives no frames to look at.")
        frame = await self._looked(partial(self.source.frame, width, height))
        return await asyncio.to_thread(develop_frame, frame, self.tuning.current)

    async def lux(self) -> float:
        """The light now. Raises SourceError."""
        if not isinstance(self.source, LuxSource):
            raise SourceError(f"{self.source.model} does not measure the light.")
        lux = await self._looked(self.source.lux)
        if lux is None:
            raise SourceError(f"{self.source.model} tells no lux.")
        return lux

    async def focus(self) -> Focus:
        """One focus cycle. Raises SourceError."""
        if isinstance(self.source, FocusSource):
            found = await self._looked(self.source.focus)
            if found is not None:
                return found
        raise SourceError(f"{self.source.model} has no lens that moves.")

    async def _looked(self, look: Callable[[], Awaitable[T]]) -> T:
        """What a look through the open source gives. Raises SourceError."""
        async with self._turn():
            try:
                async with asyncio.timeout(self.timeout):
                    await self._opened()
                    return await look()
            except (SourceError, TimeoutError) as error:
                await self.close()
                raise SourceError(_reason(error, self.timeout)) from None

    async def adjust(self, changes: dict[str, Any]) -> None:
        """Use other settings from the next picture on.

        Raises pydantic's ValidationError, and SourceError beyond the camera's limits.
        """
        async with self._turn():
            camera = self.tuning.current.changed(changes)
            if camera == self.tuning.current:
                return
            try:
                async with asyncio.timeout(self.timeout):
                    await self.source.adjust(camera)
            except TimeoutError as error:
                raise SourceError(_reason(error, self.timeout)) from None
            self.tuning.change(camera)
            await self.close()  # opened anew for the next picture
            if self._live is not None:
                await self._reopen()

    async def _reopen(self) -> None:
        """For those who watch. Where it fails, the next capture tells so and rolls back."""
        try:
            async with asyncio.timeout(self.timeout):
                await self._opened()
        except (SourceError, TimeoutError):
            await self.close()

    async def start_live(self, request: LiveRequest, *, reopen: bool = False) -> None:
        """Have a LiveSource give live frames until `stop_live`. Raises SourceError."""
        async with self._turn():
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
        async with self._turn():
            self._live = None
            if not self._open or not isinstance(self.source, LiveSource):
                return
            try:
                async with asyncio.timeout(self.timeout):
                    await self.source.stop_live()
            except TimeoutError:
                logger.warning("the live view does not stop, closing the camera")
                await self.close()

    async def glance(self, quality: int) -> Picture:
        """A picture that is not kept, of a source that gives no live frames. Raises SourceError."""
        async with self._turn():
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

    async def _taken(
        self, trigger: str, cause: Context | None = None, quality: int | None = None
    ) -> Picture:
        """A picture, or what follows from there being none. Raises SourceError."""
        try:
            async with asyncio.timeout(self.timeout):
                return await self._picture(quality or self.settings.quality)
        except (SourceError, TimeoutError) as error:
            reason = _reason(error, self.timeout)
            await self._failed(trigger, cause, reason)
            raise SourceError(reason) from None

    async def _picture(self, quality: int) -> Picture:
        await self._opened()
        camera = self.tuning.current
        steps = left_to_do(camera)
        if not steps:
            return await self.source.capture(quality)
        picture = await self.source.capture(BEST)
        return await asyncio.to_thread(develop, picture, camera, steps, quality)

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
            await self.source.start_live(self._developed(self._live))

    def _developed(self, request: LiveRequest) -> LiveRequest:
        """The same request for frames that need what the source cannot do, masks above all."""
        camera = self.tuning.current
        steps = left_to_do(camera)
        if not steps:
            return request

        def sink(jpeg: bytes) -> None:
            frame = Picture(jpeg, now(), *request.size)
            try:
                request.sink(develop(frame, camera, steps, request.quality).jpeg)
            except SourceError as error:
                logger.warning("a live frame was dropped", reason=str(error))

        return replace(request, sink=sink)

    async def _keep(self, picture: Picture, trigger: str, cause: Context | None) -> str:
        milliseconds = self.ids.take(picture.timestamp)
        context = cause.child() if cause else Context()
        meta = meta_of(self.node, milliseconds, picture, trigger, context, self.settings.ttl)
        self.state.keep_last_id(self.ids.last)
        await self.spool.add(milliseconds, meta, picture.jpeg)
        newest = self.last is None or picture.timestamp >= self.last.timestamp
        self.first_picture.set()
        if self.failures:
            logger.info("the camera works again", failures=self.failures)
        self.failures = 0
        identifier = image_id(self.node, milliseconds)
        self.events.fire("image_captured", told_of(identifier, picture, trigger), context=context)
        if newest:
            self.last = picture
            self.previewer.show(picture.jpeg)
            self.view.show(picture.jpeg)
            self.people.show(identifier, picture, context)
        self.tuning.prove()
        return identifier

    async def _failed(self, trigger: str, cause: Context | None, reason: str) -> None:
        self.failures += 1
        self.failure = reason
        if self.failures == 1:
            self._failing_since = _clock()
            logger.error("capture failed", reason=reason)
        self.events.fire(
            "capture_failed",
            {"reason": reason, "trigger": trigger, "failures": self.failures},
            cause=cause,
        )
        await self.close()  # opened anew for the next picture
        if (changes := self.tuning.roll_back()) is not None:
            await self.source.adjust(self.tuning.current)
            logger.warning("back to the settings that worked", reason=reason, **changes)
            self.events.fire("settings_rolled_back", {"reason": reason, **changes}, cause=cause)
            await asyncio.to_thread(self.state.save)


def _reason(error: Exception, timeout: float) -> str:
    return str(error) if isinstance(error, SourceError) else f"no picture within {timeout:g} s"


def _clock() -> float:
    return asyncio.get_running_loop().time()
