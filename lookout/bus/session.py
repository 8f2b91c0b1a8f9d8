"""What a process does with its connection: presence, sending, subscribing.

While the broker is away the session subscribes anew on every connect and sends what was posted
meanwhile.
"""

import asyncio
import zlib
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Final, Self

import structlog

from lookout.bus.connection import Connection, matches
from lookout.bus.errors import BusError, GivenUp, NotConnected, Refused, TooLarge
from lookout.bus.outgoing import Outbox, Outgoing, outgoing
from lookout.bus.publish import Publish
from lookout.bus.subscription import Message, Subscription
from lookout.host.settings import Broker

logger = structlog.get_logger()

GOODBYE_SECONDS = 2.0
MOST_IDENTIFIER: Final = 268_435_454  # MQTT 5 allows subscription identifiers up to one more


class Session:
    """A connection that mends itself. Use as an async context manager.

    `presence` is a retained topic that says `online` while we are connected and `offline` when not,
    by our own goodbye or by our will. With `session_expiry` (seconds) the broker keeps our
    subscriptions and what arrives for us while we are away.
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        *,
        presence: str | None = None,
        session_expiry: int = 0,
        receive_maximum: int = 100,
        outbox: int = 1000,
    ) -> None:
        self.broker = broker
        self.presence = presence
        self._outbox = Outbox(outbox)
        self._subscriptions: list[Subscription] = []
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._bound_for: dict[int, str] = {}  # the topic of each of those
        self._connected_at = 0.0  # on the event loop's clock
        self._on_connect: list[Callable[[], None]] = []
        self._connection = Connection(
            broker,
            client_id,
            will=presence,
            session_expiry=session_expiry,
            receive_maximum=receive_maximum,
            on_up=self._on_up,
            on_publish=self._on_publish,
            on_acknowledged=self._on_acknowledged,
        )

    # -- life ------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self._connection.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.is_connected:
            await self._say_goodbye()
        await self._connection.close()
        self._fail_waiting()

    @property
    def dropped(self) -> int:
        """Posts thrown away because the outbox was full or the broker takes no such size."""
        return self._outbox.dropped

    @property
    def max_packet_size(self) -> int:
        """The largest packet that the broker takes, in bytes."""
        return self._connection.max_packet_size

    @property
    def is_connected(self) -> bool:
        return self._connection.up.is_set()

    @property
    def trouble(self) -> str:
        """Why there was no connection at the last attempt; empty while there is one."""
        return self._connection.trouble

    async def connected(self) -> None:
        """Wait until there is a connection."""
        await self._connection.up.wait()

    @property
    def taken(self) -> int:
        """Bytes that have reached the broker's computer since the start; 0 where nobody knows."""
        return self._connection.taken

    @property
    def connects(self) -> int:
        """How often there was a connection since the start."""
        return self._connection.generation

    @property
    def connected_for(self) -> float:
        """Seconds since the last connect."""
        return asyncio.get_running_loop().time() - self._connected_at

    def on_double(self, tell: Callable[[bool], None]) -> None:
        """`tell` hears True when another process has our name, and False when there is one again.

        Then we leave the name to the other one for growing times.
        """
        self._connection.double.tell = tell

    def on_connect(self, action: Callable[[], None]) -> None:
        """Call `action` after each connect (and now, when connected already)."""
        self._on_connect.append(action)
        if self.is_connected:
            action()

    # -- sending ---------------------------------------------------------------------------

    async def publish(
        self,
        topic: str,
        payload: bytes | str,
        *,
        qos: int = 1,
        retain: bool = False,
        properties: Mapping[str, str] | None = None,
        content_type: str | None = None,
        expiry: int | None = None,
        response_topic: str | None = None,
        correlation: bytes | None = None,
    ) -> None:
        """Send now and wait for the broker's acknowledgement.

        Raises NotConnected, TooLarge, or Refused with the broker's reason (such as no right to
        publish there), or GivenUp.
        """
        if not self.is_connected:
            raise NotConnected("the broker is away")
        message = outgoing(
            topic,
            payload,
            qos=qos,
            retain=retain,
            user=properties,
            ContentType=content_type,
            MessageExpiryInterval=expiry,
            ResponseTopic=response_topic,
            CorrelationData=correlation,
        )
        acknowledged = self._send(message)
        if acknowledged is not None:
            await acknowledged

    def post(
        self,
        topic: str,
        payload: bytes | str,
        *,
        qos: int = 1,
        retain: bool = False,
        properties: Mapping[str, str] | None = None,
        correlation: bytes | None = None,
    ) -> None:
        """Send when there is a connection: now or later, in order, oldest dropped when too many."""
        message = outgoing(
            topic, payload, qos=qos, retain=retain, user=properties, CorrelationData=correlation
        )
        self._outbox.put(message)
        if self.is_connected:
            self._empty_outbox()

    # -- receiving -------------------------------------------------------------------------

    def subscribe(
        self, topic_filter: str, *, auto_ack: bool = True, retained: bool = True
    ) -> Subscription:
        """Subscribe with QoS 1, now and on every later connect.

        Without `retained` it is about what happens: what the broker has retained, from whenever,
        does not come.
        Subscriptions may overlap: each gets its own copy. Without `auto_ack` the receiver calls
        `message.ack()`, and holds at most `receive_maximum` messages until then.
        """
        subscription = Subscription(
            topic_filter,
            identifier_of(topic_filter),
            auto_ack=auto_ack,
            retained=retained,
            room_changed=self._room_changed,
        )
        self._subscriptions.append(subscription)
        if self.is_connected:
            self._connection.subscribe(
                topic_filter, subscription.identifier, retained=self._wants_retained(topic_filter)
            )
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Forget a subscription."""
        self._subscriptions.remove(subscription)
        still_wanted = {each.topic_filter for each in self._subscriptions}
        if self.is_connected and subscription.topic_filter not in still_wanted:
            self._connection.unsubscribe(subscription.topic_filter)

    def _room_changed(self) -> None:
        """Stop reading while a subscription is full: then the broker holds what comes."""
        full = any(each.is_full for each in self._subscriptions)
        if full and not self._connection.paused:
            self._connection.pause()
        elif not full and self._connection.paused:
            self._connection.resume()

    def _on_publish(self, publish: Publish) -> None:
        wanted = [each for each in self._subscriptions if each.identifier in publish.identifiers]
        if not wanted:  # a broker without identifiers, or a filter of an earlier version
            wanted = [
                each for each in self._subscriptions if matches(each.topic_filter, publish.topic)
            ]
        message = self._message(publish)
        # A broker may not know the option by which we asked for none.
        takers = [each for each in wanted if each.retained or not publish.retain]
        if not takers:
            message.ack()
        for subscription in takers:
            subscription.put(message)

    def _message(self, publish: Publish) -> Message:
        acknowledge = self._connection.acknowledge
        mid, qos, generation = publish.mid, publish.qos, self._connection.generation
        return Message(
            publish.topic,
            publish.payload,
            retain=publish.retain,
            dup=publish.dup,
            properties=dict(publish.user),
            response_topic=publish.response_topic,
            correlation=publish.correlation,
            expiry=publish.expiry,
            acknowledge=lambda: acknowledge(mid, qos, generation),
        )

    # -- inside ----------------------------------------------------------------------------

    def _on_up(self) -> None:
        self._connected_at = asyncio.get_running_loop().time()
        wanted = {each.topic_filter: each.identifier for each in self._subscriptions}
        for topic_filter, identifier in wanted.items():
            retained = self._wants_retained(topic_filter)
            self._connection.subscribe(topic_filter, identifier, retained=retained)
        if self.presence is not None:
            self._send(outgoing(self.presence, "online", retain=True))
        for action in self._on_connect:
            action()
        self._empty_outbox()

    def _wants_retained(self, topic_filter: str) -> bool:
        return any(
            each.retained for each in self._subscriptions if each.topic_filter == topic_filter
        )

    def give_up(self, topic: str, reason: str) -> None:
        """Send nothing more of what is on its way to a topic: its `publish` raises GivenUp.

        It takes a new connection, as a packet cannot be broken off; the rest is sent on that.
        """
        given_up = [mid for mid, each in self._bound_for.items() if each == topic]
        for mid in given_up:
            del self._bound_for[mid]
            acknowledged = self._waiting.pop(mid, None)
            if acknowledged is not None and not acknowledged.done():
                acknowledged.set_exception(GivenUp(reason))
                acknowledged.exception()  # nobody may be waiting for it
        self._connection.give_up(given_up)

    def _on_acknowledged(self, mid: int, refusal: str | None) -> None:
        acknowledged = self._waiting.pop(mid, None)
        self._bound_for.pop(mid, None)
        if acknowledged is None or acknowledged.done():
            return
        if refusal is not None:
            acknowledged.set_exception(Refused(refusal))
        else:
            acknowledged.set_result(None)

    def _send(self, message: Outgoing) -> asyncio.Future[None] | None:
        if message.size > self.max_packet_size:
            limit = self.max_packet_size
            raise TooLarge(f"{message.size} bytes; the broker takes {limit} at most")
        mid = self._connection.publish(message)
        if message.qos == 0:
            return None
        acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[mid], self._bound_for[mid] = acknowledged, message.topic
        return acknowledged

    def _empty_outbox(self) -> None:
        for message in self._outbox.take_all():
            try:
                acknowledged = self._send(message)
            except TooLarge as error:
                self._outbox.dropped += 1
                logger.error("message dropped", topic=message.topic, reason=str(error))
                continue
            if acknowledged is not None:
                acknowledged.add_done_callback(_log_refusal(message.topic))

    async def _say_goodbye(self) -> None:
        try:
            async with asyncio.timeout(GOODBYE_SECONDS):
                if self._waiting:
                    await asyncio.wait(self._waiting.values())
                if self.presence is not None:
                    await self.publish(self.presence, "offline", retain=True)
        except (TimeoutError, BusError):
            logger.warning("left the broker without a goodbye")

    def _fail_waiting(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for acknowledged in waiting.values():
            if not acknowledged.done():
                acknowledged.set_exception(NotConnected("the session has ended"))
                acknowledged.exception()  # nobody may be waiting any more


def identifier_of(topic_filter: str) -> int:
    """The same in every version: a kept session may deliver what an older one asked for."""
    return zlib.crc32(topic_filter.encode()) % MOST_IDENTIFIER + 1


def _log_refusal(topic: str) -> Callable[[asyncio.Future[None]], None]:
    def check(acknowledged: asyncio.Future[None]) -> None:
        if not acknowledged.cancelled() and isinstance(error := acknowledged.exception(), Refused):
            logger.error("the broker refused a message", topic=topic, reason=str(error))

    return check
