"""Make images of the camera's pictures: an id, metadata, a place in the spool, an event."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Final

import structlog
from pydantic import JsonValue

from lookout.bus.events import EventBus
from lookout.contract.images import image_id
from lookout.contract.wire import Context
from services.camera.capture.device import Device, Light
from services.camera.capture.ids import Milliseconds
from services.camera.capture.image_meta import meta_of, told_of
from services.camera.capture.observer import Kept, Observer
from services.camera.knobs import Knobs
from services.camera.outage import Outage
from services.camera.outbox.nodeclock import NodeClock
from services.camera.outbox.spool import Spool
from services.camera.sources import NotYet, Picture, SourceError

logger = structlog.get_logger()

LONGEST_PAUSE: Final = 60.0  # seconds between two tries of the settings before, at most


@dataclass(frozen=True, slots=True)
class Taken:
    """A picture that may be kept, with the id it has then."""

    picture: Picture
    milliseconds: int
    views: int  # `knobs.views` when it was taken
    clock: str | None = None  # by which setting of this node's clock


@dataclass(slots=True)
class Capturer:
    """Takes pictures into the spool, and finds out why there are none."""

    node: str
    device: Device
    knobs: Knobs
    spool: Spool
    events: EventBus
    ids: Milliseconds
    clock: NodeClock
    observers: Sequence[Observer] = ()
    light: Light = nullcontext  # on for a capture
    last: Picture | None = None
    first_picture: asyncio.Event = field(default_factory=asyncio.Event)
    outage: Outage = field(init=False)
    _tried_at: float = -float("inf")  # on the event loop's clock: the settings before
    _trying: bool = False

    def __post_init__(self) -> None:
        self.outage = Outage(self.events, "capture_failed", "capture_ok")

    @property
    def failure(self) -> str | None:
        """Why there is no picture now; None while there are some."""
        if self.knobs.unknown:
            return self.knobs.hidden
        return self.outage.reason if self.outage.tries else None

    @property
    def failing_seconds(self) -> float:
        """For how long captures have failed; 0 while they do not."""
        return 0.0 if self.knobs.hidden else self.outage.seconds

    async def capture(
        self,
        trigger: str,
        *,
        cause: Context | None = None,
        quality: int | None = None,
    ) -> str:
        """Take a picture and spool it; the new image's id. Raises SourceError."""
        taken = await self.take(trigger, cause=cause, quality=quality, light=self.light)
        return await self.keep(taken, trigger, cause=cause)

    async def take(
        self,
        trigger: str,
        *,
        cause: Context | None = None,
        quality: int | None = None,
        light: Light = nullcontext,
        urgent: bool = False,
    ) -> Taken:
        """Take a picture that `keep` may spool later. Raises SourceError."""
        try:
            picture = await self.device.picture(
                quality or self.knobs.capture.quality, light=light, urgent=urgent
            )
        except SourceError as error:
            await self._failed(error, trigger, cause)
            raise
        views = self.knobs.views  # nothing was awaited since: it is of this picture
        self.outage.worked()
        clock = self.clock.stamp(picture.timestamp)
        milliseconds = self.ids.take(picture.timestamp, clock)
        self.knobs.state.keep_last_id(self.ids.last)
        return Taken(picture, milliseconds, views, clock)

    async def keep(
        self,
        taken: Taken,
        trigger: str,
        *,
        cause: Context | None = None,
        meta: Mapping[str, JsonValue] | None = None,
    ) -> str:
        """Spool a picture taken before, with the time at which it was taken; its id.

        Raises SourceError where masks were asked for since, or captures were switched off.
        """
        if self.knobs.hidden or taken.views != self.knobs.views:
            raise SourceError(
                self.knobs.hidden or "It was taken before the masks that are asked for now."
            )
        picture = replace(taken.picture, meta={**taken.picture.meta, **(meta or {})})
        context = cause.child() if cause else Context()
        ttl = self.knobs.capture.ttl
        described = meta_of(self.node, taken.milliseconds, picture, trigger, context, ttl)
        described = described.model_copy(update={"clock": taken.clock})
        await self.spool.add(taken.milliseconds, described, picture.jpeg)
        identifier = image_id(self.node, taken.milliseconds)
        self.events.fire("image_captured", told_of(identifier, picture, trigger), context=context)
        self.first_picture.set()
        if self.last is None or picture.timestamp >= self.last.timestamp:
            self.last = picture
            for observer in self.observers:
                observer.show(Kept(identifier, picture, context))
        return identifier

    async def _failed(self, error: SourceError, trigger: str, cause: Context | None) -> None:
        if self.knobs.hidden or (isinstance(error, NotYet) and self.outage.tries):
            return  # that is no failure, or was no try
        self.outage.failed(str(error), cause=cause, trigger=trigger, failures=self.outage.tries + 1)
        try:
            await self._blame_settings(str(error), cause)
        except SourceError as other:
            logger.warning("the settings before could not be restored", reason=str(other))

    async def _blame_settings(self, reason: str, cause: Context | None) -> None:
        """Go back to the settings that worked, where it shows that they still do."""
        before, now = self.knobs.trial.fallback, asyncio.get_running_loop().time()
        pause = min(self.outage.seconds, LONGEST_PAUSE)
        if before is None or self._trying or now - self._tried_at < pause:
            return
        self._tried_at, self._trying = now, True
        try:
            if not await self.device.works_with(before):
                return  # the camera is away: what was asked for waits for it
            changes = await self.knobs.roll_back(before)
        finally:
            self._trying = False
        if changes is not None:
            logger.warning("back to the settings that worked", reason=reason, **changes)
            self.events.fire("settings_rolled_back", {"reason": reason, **changes}, cause=cause)
