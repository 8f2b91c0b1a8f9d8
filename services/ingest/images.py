"""Images: examined, stored many at a time, acknowledged after the write, then confirmed."""

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from lookout.bus.floods import Floods
from lookout.bus.intake import Intake
from lookout.bus.subscription import Message, Subscription
from lookout.contract.errors import BadTopic
from lookout.contract.images import claimed_id
from lookout.contract.topics import Topics
from lookout.contract.wire import now
from lookout.host import progress
from lookout.host.tasks import Crew
from lookout.quarantine import Quarantine
from lookout.store.errors import StoreError
from lookout.store.images import Dating, Images, NewImage, first_datings, is_known
from lookout.store.naming import Nameless, choose_ids
from lookout.store.retention.room import Room
from lookout.store.retention.rules import Retention
from lookout.store.waiting import Waiting
from lookout.vision.jpeg import picture
from services.ingest import metrics
from services.ingest.dating import Date
from services.ingest.examine import Examined, Rejected, examine
from services.ingest.receipts import Receipts
from services.ingest.redating import Redating
from services.ingest.settings import Ingest

logger = structlog.get_logger()

BATCHES: Final = 3  # under way: two being written, one being examined
TOO_MUCH: Final = (
    "the node sends more images than one may (LOOKOUT_INGEST__IMAGES_RATE, __IMAGE_BYTES_RATE)"
)
Seen = tuple[Message, Examined]
Taken = tuple[Message, NewImage]


@dataclass(frozen=True, slots=True)
class ImageIntake:
    """Takes images from a subscription to Redis."""

    settings: Ingest
    rules: Retention
    topics: Topics
    images: Images
    room: Room
    waiting: Waiting
    quarantine: Quarantine
    receipts: Receipts
    redating: Redating
    intake: Intake
    floods: Floods
    has_just_subscribed: Callable[[], bool] = lambda: False

    async def take(self, subscription: Subscription) -> None:
        """Store images as they come, all that wait in one write.

        One batch is examined while Redis takes the ones before: its time and ours overlap.
        """
        turn = asyncio.Semaphore(BATCHES)
        with progress.watched("images") as work:
            async with Crew() as crew:
                while True:
                    work.rest()
                    message = await anext(subscription)
                    work.beat()
                    batch = [message, *subscription.take_more(self.settings.batch - 1)]
                    await turn.acquire()
                    task = crew.start(self._take(batch), "images")
                    task.add_done_callback(lambda _: turn.release())

    async def _take(self, messages: Sequence[Message]) -> None:
        with progress.watched("a batch of images"):
            await self.intake.fenced(messages, self.handle)

    async def handle(self, messages: Sequence[Message]) -> None:
        """Examine a few images and store them in one write."""
        messages = [each for each in messages if not self._is_too_much(each)]
        messages = [each for each in messages if each.dup or not await self._is_old(each)]
        examined = [each for message in messages if (each := await self._examine(message))]
        named = await self._name(await self._date(examined))
        if named:
            await self._store(named)

    def _is_too_much(self, message: Message) -> bool:
        """Whether its node sends more than it may: who keeps it is told to send it later.

        What has no id comes from a sender without a spool, and is dropped, counted and told.
        """
        try:
            node = self.topics.parse(message.topic).node
        except BadTopic:
            return False  # refused where it is examined
        identifier = claimed_id(message.properties)
        if self.floods.allows(node, len(message.payload), comes_again=bool(identifier)):
            return False
        if identifier:
            self.receipts.later(node, identifier, TOO_MUCH)
        return True

    async def _is_old(self, message: Message) -> bool:
        """Whether this is what the broker had retained, by a broker that does not say so.

        Such comes when we subscribe. What has no id is known by its bytes; a node's own pictures
        are written over themselves.
        """
        if claimed_id(message.properties) or not self.has_just_subscribed():
            return False
        try:
            node = self.topics.parse(message.topic).node
        except BadTopic:
            return False
        digest = hashlib.sha256(picture(message.payload)).hexdigest()
        client = self.images.client
        return await self.waiting.until_done(lambda: is_known(client, node, digest))

    async def _examine(self, message: Message) -> tuple[Message, Examined] | None:
        try:
            examined = examine(
                *(message, self.topics, self.settings, self.rules, now()),
                in_doubt=self.redating.clock.is_doubtful(),
            )
        except Rejected as refused:
            await self._refuse(message, refused.reason, refused.node)
            return None
        self.redating.heard(examined)
        return message, examined

    async def _date(self, examined: Sequence[Seen]) -> list[Seen]:
        """Where the hub only guesses when it was, and did so before: that guess was the better."""
        guessed = [
            each.meta.id
            for _, each in examined
            if each.meta.id and each.dated.by == "hub" and each.meta.skew is None
        ]
        first: dict[str | None, Date] = {}
        if guessed:
            first = await self.waiting.until_done(lambda: self._first_dates(guessed))
        return [(message, each.dated_as(first.get(each.meta.id))) for message, each in examined]

    async def _first_dates(self, ids: Sequence[str]) -> dict[str | None, Date]:
        found = await first_datings(self.images.client, ids)
        return {each: _date_of(first) for each, first in zip(ids, found, strict=True) if first}

    async def _name(self, examined: Sequence[Seen]) -> list[Taken]:
        """Those without an id get theirs in one round trip, whatever their number."""
        nameless = [_nameless(*pair) for pair in examined if pair[1].meta.id is None]
        given: Iterator[str] = iter(())
        if nameless:
            given = iter(
                await self.waiting.until_done(lambda: choose_ids(self.images.client, nameless))
            )
        return [(message, each.named(each.meta.id or next(given))) for message, each in examined]

    async def _store(self, taken: Sequence[Taken]) -> None:
        images = [image for _, image in taken]
        began = time.perf_counter()
        try:
            new = await self.waiting.until_done(lambda: self._write(images))
        except StoreError as error:
            await self._store_apart(taken, error)
            return
        _count(images, new, time.perf_counter() - began)
        for image in images:
            self.receipts.stored(image.node, image.id)

    async def _write(self, images: Sequence[NewImage]) -> int:
        await self.room.make(sum(len(image.data) for image in images))
        in_doubt = bool(self.redating.clock.look())
        return await self.images.store(images, ttl=self.rules.image_ttl, later=in_doubt)

    async def _store_apart(self, taken: Sequence[Taken], error: StoreError) -> None:
        """Redis refused a batch for good: find the one that it will not have."""
        if len(taken) > 1:
            for one in taken:
                await self._store([one])
            return
        ((message, image),) = taken
        await self._put_off(message, f"Redis refused it: {error}", image.node)

    async def _put_off(self, message: Message, reason: str, node: str) -> None:
        """It is our fault: the node keeps it and sends it again; one that has no spool cannot."""
        if not (identifier := claimed_id(message.properties)):
            await self._refuse(message, reason, node)
            return
        logger.warning("put off", id=identifier, reason=reason)
        metrics.PUT_OFF.inc()
        self.receipts.later(node, identifier, reason)

    async def _refuse(self, message: Message, reason: str, node: str | None) -> None:
        await self.quarantine.refuse("image", message, reason)
        if node is not None and (identifier := claimed_id(message.properties)):
            self.receipts.rejected(node, identifier, reason)


def _date_of(first: Dating) -> Date:
    return Date(first.hub_time, "hub", first.node_time, first.hub_clock)


def _nameless(message: Message, examined: Examined) -> Nameless:
    return Nameless(
        examined.node,
        round(examined.dated.timestamp * 1000),
        hashlib.sha256(examined.data).hexdigest(),
        dup=message.dup,
        dated=examined.meta.timestamp is not None,
    )


def _count(images: Sequence[NewImage], new: int, seconds: float) -> None:
    metrics.BATCH.observe(len(images))
    metrics.WRITE_SECONDS.observe(seconds)
    metrics.STORED.inc(new)
    metrics.DATED.inc(sum(image.dating is not None for image in images))
    metrics.REPEATED.inc(len(images) - new)
    metrics.BYTES.inc(sum(len(image.data) for image in images))
