"""From the spool to the hub: new captures first, old ones at a set rate, again until confirmed."""

import asyncio
import random
from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog

from lookout.bus.errors import BusError, NotConnected, TooLarge
from lookout.bus.events import EventBus
from lookout.bus.intake import Received
from lookout.bus.session import Session
from lookout.bus.subscription import Message
from lookout.contract.hub import Rejection
from lookout.contract.images import IMAGE_TYPE, ImageMeta, split_image_id
from lookout.contract.topics import Topics
from lookout.host.tasks import cancel
from services.camera.outbox.entry import Entry
from services.camera.outbox.hubclock import HubClock
from services.camera.outbox.nodeclock import FAR_OFF, NodeClock
from services.camera.outbox.pace import Pace
from services.camera.outbox.shrink import fit
from services.camera.outbox.spool import Spool
from services.camera.settings import Spool as SpoolSettings

logger = structlog.get_logger()

LONGEST_RESEND = 600.0  # seconds between attempts for one capture, at most
BACK_SECONDS = 10.0  # between two looks for what a person put back
PACE_SECONDS = 5.0  # between two looks at how a picture gets on
SPARE_BYTES = 2_048  # left for properties when a picture is made to fit


@dataclass(slots=True)
class Sender:
    """Publishes what is in the spool and lets go what is confirmed."""

    node: str
    session: Session
    topics: Topics
    spool: Spool
    settings: SpoolSettings
    hub_clock: HubClock
    clock: NodeClock
    events: EventBus
    pace: Pace
    _hubs: set[str] = field(default_factory=set)  # ingest workers that are online
    _hub_since: float = 0.0  # on the event loop's clock
    _drain_at: float = 0.0  # when the next old capture may go
    _is_slow: bool = False  # pictures are made smaller for the link
    _shrunk_to: int = 0  # bytes

    async def send_forever(self) -> None:
        """Send until cancelled."""
        while True:
            await self.session.connected()
            self.spool.changed.clear()
            entry, wait = self._next(_clock())
            if entry is not None:
                await self._send(entry)
            else:
                await self._rest(wait)

    async def handle_receipt(self, received: Received) -> None:
        """Let go what the hub has stored, or will never store."""
        receipt = received.model
        refused = self._named(receipt.rejected)
        confirmed = _milliseconds(self.node, receipt.ids)
        self.hub_clock.received([*confirmed, *refused], receipt.time, receipt.clock)
        await self.spool.remove([each for each in confirmed if not self._must_be_dated(each)])
        for milliseconds, reason in refused.items():
            logger.error("the hub refused a capture", milliseconds=milliseconds, reason=reason)
            await self.spool.refuse(milliseconds, reason)
        for milliseconds, reason in self._named(receipt.later).items():
            logger.warning("the hub takes a capture later", id=milliseconds, reason=reason)

    def _named(self, rejections: Iterable[Rejection]) -> dict[int, str]:
        """The captures of this node among them, each with the reason."""
        return {
            milliseconds: each.reason
            for each in rejections
            for milliseconds in _milliseconds(self.node, [each.id])
        }

    def _must_be_dated(self, milliseconds: int) -> bool:
        """Whether the hub must hear of a capture again: its clock is off by more than was said.

        It was sent before any receipt told, or before the hub's clock was set. It is written over.
        """
        entry = self.spool.get(milliseconds)
        skew = self.clock.skew(entry.clock) if entry is not None else None
        if entry is None or skew is None:
            return False
        if entry.skew is not None and entry.skew_by is not None:
            return False  # the hub knows by how much its own clock was set since
        if abs(skew - (entry.skew or 0.0)) <= FAR_OFF:
            return False
        entry.attempts = 0
        self.spool.changed.set()
        return True

    async def take_back(self) -> None:
        """Send what a person put back, until cancelled."""
        while True:
            await self.spool.take_back()
            await asyncio.sleep(BACK_SECONDS)

    async def follow_hub(self, message: Message) -> None:
        """Know whether an ingest worker is there: without one, sending again is pointless."""
        service = self.topics.parse(message.topic).name or ""
        if service.startswith("ingest"):
            self._note_hub(service, online=message.payload == b"online")

    def _note_hub(self, service: str, *, online: bool) -> None:
        before = bool(self._hubs)
        (self._hubs.add if online else self._hubs.discard)(service)
        if self._hubs and not before:
            self._hub_since = _clock()
            self.spool.changed.set()

    # -- what next -------------------------------------------------------------------------

    def _next(self, now: float) -> tuple[Entry | None, float]:
        """The capture to send now, or how many seconds until there may be one."""
        wait = LONGEST_RESEND
        old: Entry | None = None
        for entry in self.spool.entries():
            if entry.fresh:
                return entry, 0.0
            due = self._due(entry)
            if due <= now:
                old = old or entry
            else:
                wait = min(wait, due - now)
        if old is None:
            return None, wait
        if self._drain_at > now:
            return None, min(wait, self._drain_at - now)
        return old, 0.0

    def _due(self, entry: Entry) -> float:
        """When to send: at once if never sent, else after a pause that grows, with a hub there."""
        if entry.attempts == 0:
            return 0.0
        if not self._hubs:
            return float("inf")
        pause = min(self.settings.resend_after * 2.0 ** (entry.attempts - 1), LONGEST_RESEND)
        # What the broker still held for the hub is confirmed soon after the hub is back.
        return max(entry.sent_at + pause, self._hub_since + self.settings.resend_after)

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.spool.changed.wait()
        except TimeoutError:
            return

    # -- sending ---------------------------------------------------------------------------

    async def _send(self, entry: Entry) -> None:
        read = await self.spool.read(entry)
        if read is None:
            return
        meta, jpeg = read
        meta = self._dated(entry, meta)
        if not entry.fresh:
            self._drain_at = max(self._drain_at, _clock()) + len(jpeg) / self.settings.drain_rate
        try:
            self.hub_clock.sent(entry.milliseconds)
            await self._publish(meta, jpeg)
        except NotConnected:
            entry.fresh = False  # from now on it is an old one
            return
        except TooLarge as error:
            await self._set_aside(entry, str(error))
            return
        except BusError as error:
            logger.error("a capture was not taken", id=meta.id, reason=str(error))
        entry.fresh = False
        entry.attempts += 1
        entry.sent_at = _clock() + random.uniform(0, 1)

    async def _set_aside(self, entry: Entry, reason: str) -> None:
        """It can never be sent as things are; a person can look at it."""
        logger.error("a capture cannot be sent", milliseconds=entry.milliseconds, reason=reason)
        self.events.fire("image_set_aside", {"ms": entry.milliseconds, "reason": reason})
        await self.spool.refuse(entry.milliseconds, reason)

    def _dated(self, entry: Entry, meta: ImageMeta) -> ImageMeta:
        """With what is known now of its time."""
        entry.clock, entry.skew = meta.clock, self.clock.skew(meta.clock)
        timestamp = entry.milliseconds / 1000 if meta.timestamp is None else meta.timestamp
        age = self.clock.age(meta.clock, timestamp)
        entry.skew_by = self.clock.skew_by(meta.clock)
        return meta.model_copy(update={"skew": entry.skew, "skew_by": entry.skew_by, "age": age})

    async def _publish(self, meta: ImageMeta, jpeg: bytes) -> None:
        """Send one capture, smaller where the broker or the link asks for it."""
        most = min(self.pace.most, self.session.max_packet_size - _words(meta))
        if len(jpeg) > most:
            meta, jpeg = await self._fitted(meta, jpeg, round(most))
        try:
            await self._watched(meta, jpeg)
        except _TooSlow as slow:
            meta, jpeg = await self._fitted(meta, jpeg, slow.most)
            self._tell_slow(len(jpeg))
            await self._watched(meta, jpeg)

    async def _watched(self, meta: ImageMeta, jpeg: bytes) -> None:
        """Send it, and see that it gets there within hours. Raises _TooSlow."""
        self.pace.begin(_clock(), self.session.taken, self.session.connects)
        topic, words = self.topics.image(self.node), meta.to_properties()
        sending = asyncio.create_task(
            self.session.publish(topic, jpeg, properties=words, content_type=IMAGE_TYPE),
            name="capture on its way",
        )
        try:
            while not (await asyncio.wait({sending}, timeout=PACE_SECONDS))[0]:
                taken, connects = self.session.taken, self.session.connects
                most = self.pace.judge(_clock(), taken, connects, len(jpeg))
                if most is not None:
                    self.session.give_up(topic, "it would take hours")
                    raise _TooSlow(most)
            await sending
        finally:
            await cancel(sending)
        self.pace.arrived(_clock(), len(jpeg))
        if self._is_slow and len(jpeg) > self._shrunk_to:
            self._is_slow = False
            self.events.fire("link_ok", {"rate": round(self.pace.rate or 0)})

    def _tell_slow(self, size: int) -> None:
        """Once, until a larger one gets through."""
        self._shrunk_to = max(self._shrunk_to, size) if self._is_slow else size
        if not self._is_slow:
            self._is_slow = True
            rate = round(self.pace.rate or 0)
            logger.warning("the link is too slow for whole pictures", bytes_a_second=rate)
            self.events.fire("link_slow", {"rate": rate, "bytes": size})

    async def _fitted(self, meta: ImageMeta, jpeg: bytes, most: int) -> tuple[ImageMeta, bytes]:
        """The capture in at most so many bytes. Raises TooLarge."""
        try:
            fitted = await asyncio.to_thread(fit, jpeg, most)
        except OSError as error:
            raise TooLarge(f"{len(jpeg)} bytes, and it does not decode: {error}") from None
        if fitted is None:
            raise TooLarge(f"{len(jpeg)} bytes: it does not fit into {most} bytes")
        smaller, how = fitted
        logger.warning("made a capture smaller", id=meta.id, bytes=len(smaller), **how)
        return meta.model_copy(update={"meta": {**(meta.meta or {}), **how}}), smaller


class _TooSlow(Exception):
    """A picture of at most so many bytes would get through."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most


def _words(meta: ImageMeta) -> int:
    """Bytes of a packet besides the picture, at most."""
    return SPARE_BYTES + len(str(meta.meta or ""))


def _milliseconds(node: str, identifiers: Iterable[str]) -> list[int]:
    """The captures of this node among what a receipt names."""
    own = []
    for identifier in identifiers:
        try:
            owner, milliseconds = split_image_id(identifier)
        except ValueError:
            continue
        if owner == node:
            own.append(milliseconds)
    return own


def _clock() -> float:
    return asyncio.get_running_loop().time()
