"""One MQTT 5 connection as asyncio sees it. The only importer of paho.

paho does the protocol; its socket callbacks run on the event loop, so there is no second thread
but the one that opens the socket. While the broker is away the session tries again with jittered
growing pauses, says so once, subscribes anew on every connect and sends what was posted meanwhile.
"""

import asyncio
import random
import ssl
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties, VariableByteIntegers
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from lookout.bus.errors import BusError, NotConnected, Refused, TooLarge
from lookout.bus.outgoing import Outbox, Outgoing, outgoing
from lookout.bus.sockets import LoopSockets
from lookout.bus.subscription import Message, Subscription
from lookout.host.settings import Broker

logger = structlog.get_logger()

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds between attempts to connect
CONNECT_SECONDS = 5.0
GOODBYE_SECONDS = 2.0
STEADY_SECONDS = 10.0  # a connection that held this long starts the pauses anew
NO_TOPIC: Final = "lookout-keep-alive"  # nobody subscribes to it
MOST_IDENTIFIER: Final = 268_435_454  # MQTT 5 allows subscription identifiers up to one more
MAX_PACKET: Final = 268_435_455  # MQTT's own limit, bytes


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
        self.max_packet_size = MAX_PACKET
        self._session_expiry = session_expiry
        self._receive_maximum = receive_maximum
        self._outbox = Outbox(outbox)
        self._subscriptions: list[Subscription] = []
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._on_connect: list[Callable[[], None]] = []
        self._connected = asyncio.Event()
        self._answered = asyncio.Event()
        self._lost = asyncio.Event()
        self._generation = 0
        self._why = ""
        self._said_down = False
        self._said_alive = 0.0  # on the loop's clock, while we do not read
        _spare_copies_of_images()
        self._client = self._make_client(client_id)
        self._loop: asyncio.AbstractEventLoop
        self._sockets: LoopSockets
        self._keeper: asyncio.Task[None] | None = None

    # -- life ------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._sockets = LoopSockets(self._client)
        self._keeper = asyncio.create_task(self._keep_connected(), name="mqtt session")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.is_connected:
            await self._say_goodbye()
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        self._client.disconnect()
        self._sockets.flush()
        self._fail_waiting()

    @property
    def dropped(self) -> int:
        """Posts thrown away because the outbox was full or the broker takes no such size."""
        return self._outbox.dropped

    @property
    def is_connected(self) -> bool:
        return self._connected.is_set()

    @property
    def trouble(self) -> str:
        """Why there was no connection at the last attempt; empty while there is one."""
        return self._why

    async def connected(self) -> None:
        """Wait until there is a connection."""
        await self._connected.wait()

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
        publish there).
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

    def subscribe(self, topic_filter: str, *, auto_ack: bool = True) -> Subscription:
        """Subscribe with QoS 1, now and on every later connect.

        Subscriptions may overlap: each gets its own copy. Without `auto_ack` the receiver calls
        `message.ack()`, and holds at most `receive_maximum` messages until then.
        """
        subscription = Subscription(
            topic_filter,
            _identifier(topic_filter),
            auto_ack=auto_ack,
            room_changed=self._room_changed,
        )
        self._subscriptions.append(subscription)
        if self.is_connected:
            self._ask_for(topic_filter)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Forget a subscription."""
        self._subscriptions.remove(subscription)
        still_wanted = {each.topic_filter for each in self._subscriptions}
        if self.is_connected and subscription.topic_filter not in still_wanted:
            self._client.unsubscribe(subscription.topic_filter)

    # -- connecting ------------------------------------------------------------------------

    def _make_client(self, client_id: str) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=paho.MQTTv5,
            manual_ack=True,
        )
        if self.broker.username is not None:
            client.username_pw_set(self.broker.username, self.broker.password)
        if self.broker.tls:
            ca_file = str(self.broker.ca_file) if self.broker.ca_file else None
            client.tls_set_context(ssl.create_default_context(cafile=ca_file))
        if self.presence is not None:
            client.will_set(self.presence, "offline", qos=1, retain=True)
        client.connect_timeout = CONNECT_SECONDS
        client.on_connect = self._on_paho_connect
        client.on_disconnect = self._on_paho_disconnect
        client.on_message = self._on_paho_message
        client.on_publish = self._on_paho_publish
        return client

    async def _keep_connected(self) -> None:
        pause = FIRST_PAUSE
        while True:
            began = self._loop.time()
            await self._connect_and_stay()
            if self._loop.time() - began > STEADY_SECONDS:
                pause = FIRST_PAUSE
            self._say_down()
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _connect_and_stay(self) -> None:
        self._answered.clear()
        self._lost.clear()
        self._sockets.paused = False
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = self._session_expiry
        properties.ReceiveMaximum = self._receive_maximum
        try:
            await asyncio.to_thread(
                self._client.connect,
                self.broker.host,
                self.broker.port,
                self.broker.keepalive,
                clean_start=self._session_expiry == 0,
                properties=properties,
            )
            # Not wait_for: until Python 3.12 it swallows a cancel that comes with the answer.
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._answered.wait()
        except (OSError, TimeoutError) as error:
            self._why = self._why or str(error) or "no answer"
            self._drop_connection()
            return
        while not self._lost.is_set():
            self._keep_alive()
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._lost.wait()

    def _room_changed(self) -> None:
        """Stop reading while a subscription is full: then the broker holds what comes."""
        full = any(each.is_full for each in self._subscriptions)
        if full and not self._sockets.paused:
            self._sockets.pause()
        elif not full and self._sockets.paused:
            self._sockets.resume()

    def _keep_alive(self) -> None:
        """Let paho ping, and see that the answer comes; answers cannot come while we do not read.

        Meanwhile a packet of no consequence now and then tells the broker that we live.
        """
        if not self._sockets.paused:
            self._client.loop_misc()
        elif self._loop.time() - self._said_alive > self.broker.keepalive / 2:
            self._said_alive = self._loop.time()
            self._client.unsubscribe(NO_TOPIC)

    def _drop_connection(self) -> None:
        self._client.disconnect()
        self._sockets.flush()

    def _say_down(self) -> None:
        if not self._said_down:
            where = f"{self.broker.host}:{self.broker.port}"
            logger.warning("broker is away, will keep trying", broker=where, reason=self._why)
            self._said_down = True

    async def _say_goodbye(self) -> None:
        try:
            async with asyncio.timeout(GOODBYE_SECONDS):
                if self._waiting:
                    await asyncio.wait(self._waiting.values())
                if self.presence is not None:
                    await self.publish(self.presence, "offline", retain=True)
        except (TimeoutError, BusError):
            logger.warning("left the broker without a goodbye")

    # -- sending, inside -------------------------------------------------------------------

    def _send(self, message: Outgoing) -> asyncio.Future[None] | None:
        if message.size > self.max_packet_size:
            limit = self.max_packet_size
            raise TooLarge(f"{message.size} bytes; the broker takes {limit} at most")
        sent = self._client.publish(
            message.topic, message.payload, message.qos, message.retain, _packed(message)
        )
        if message.qos == 0:
            return None
        acknowledged: asyncio.Future[None] = self._loop.create_future()
        self._waiting[sent.mid] = acknowledged
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

    def _fail_waiting(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for acknowledged in waiting.values():
            if not acknowledged.done():
                acknowledged.set_exception(NotConnected("the session has ended"))
                acknowledged.exception()  # nobody may be waiting any more

    # -- paho's callbacks ------------------------------------------------------------------

    def _on_paho_connect(
        self, _: paho.Client, __: Any, ___: Any, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self._why = f"it answered: {reason}"
            return  # paho closes and tells _on_paho_disconnect
        self._generation += 1
        self._why = ""
        self.max_packet_size = getattr(properties, "MaximumPacketSize", MAX_PACKET)
        for topic_filter in dict.fromkeys(each.topic_filter for each in self._subscriptions):
            self._ask_for(topic_filter)
        self._connected.set()
        self._answered.set()
        if self.presence is not None:
            self._send(outgoing(self.presence, "online", retain=True))
        for action in self._on_connect:
            action()
        self._empty_outbox()
        if self._said_down:
            logger.info("broker is back", broker=f"{self.broker.host}:{self.broker.port}")
        self._said_down = False

    def _on_paho_disconnect(
        self, _: paho.Client, __: Any, ___: Any, reason: ReasonCode, ____: Properties | None
    ) -> None:
        self._why = self._why or str(reason)
        self._connected.clear()
        self._answered.set()
        self._lost.set()

    def _on_paho_message(self, _: paho.Client, __: Any, raw: paho.MQTTMessage) -> None:
        topic = raw.topic
        identifiers = getattr(raw.properties, "SubscriptionIdentifier", ())
        wanted = [each for each in self._subscriptions if each.identifier in identifiers]
        if not wanted:  # a broker without identifiers, or a filter of an earlier version
            wanted = [each for each in self._subscriptions if _matches(each, topic)]
        if not wanted:
            self._client.ack(raw.mid, raw.qos)
            return
        message = self._message(topic, raw)
        for subscription in wanted:
            subscription.put(message)

    def _ask_for(self, topic_filter: str) -> None:
        """Subscribe with an identifier, by which the broker says what a message came for."""
        properties = Properties(PacketTypes.SUBSCRIBE)  # type: ignore[no-untyped-call]
        properties.SubscriptionIdentifier = _identifier(topic_filter)
        options = SubscribeOptions(qos=1)
        self._client.subscribe(topic_filter, options=options, properties=properties)

    def _on_paho_publish(
        self, _: paho.Client, __: Any, mid: int, reason: ReasonCode, ___: Properties
    ) -> None:
        acknowledged = self._waiting.pop(mid, None)
        if acknowledged is None or acknowledged.done():
            return
        if reason.is_failure:
            acknowledged.set_exception(Refused(str(reason)))
        else:
            acknowledged.set_result(None)

    def _message(self, topic: str, raw: paho.MQTTMessage) -> Message:
        properties = raw.properties
        generation, mid, qos = self._generation, raw.mid, raw.qos

        def acknowledge() -> None:
            # After a reconnect the broker sends it again under an id of the new connection.
            if generation == self._generation and self.is_connected:
                self._client.ack(mid, qos)

        return Message(
            topic,
            bytes(raw.payload),  # paho hands out bytes; this copies nothing
            retain=raw.retain,
            dup=raw.dup,
            properties=dict(getattr(properties, "UserProperty", ())),
            response_topic=getattr(properties, "ResponseTopic", None),
            correlation=getattr(properties, "CorrelationData", None),
            expiry=getattr(properties, "MessageExpiryInterval", None),
            acknowledge=acknowledge,
        )


def _spare_copies_of_images() -> None:
    """Let paho read the properties of a packet from the properties alone, once for the process.

    It copies the rest of the packet, here the image, three times for each property: a third of
    what ingest needed for an image of 100 KiB with five properties (0.47 s a thousand, now 0.34).
    """
    whole = Properties.unpack
    if whole.__name__ == "unpack_alone":
        return

    def unpack_alone(properties: Properties, packet: bytes) -> Any:
        length, digits = VariableByteIntegers.decode(packet[:4])  # type: ignore[no-untyped-call]
        return whole(properties, packet[: digits + length])  # type: ignore[no-untyped-call]

    Properties.unpack = unpack_alone  # type: ignore[method-assign]


def _packed(message: Outgoing) -> Properties:
    packed = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    for name, value in message.properties.items():
        setattr(packed, name, value)
    return packed


def _identifier(topic_filter: str) -> int:
    """The same in every version: a kept session may deliver what an older one asked for."""
    return zlib.crc32(topic_filter.encode()) % MOST_IDENTIFIER + 1


def _matches(subscription: Subscription, topic: str) -> bool:
    return paho.topic_matches_sub(_plain(subscription.topic_filter), topic)


def _plain(topic_filter: str) -> str:
    """The filter without `$share/GROUP/`: what the topics themselves look like."""
    return topic_filter.split("/", 2)[2] if topic_filter.startswith("$share/") else topic_filter


def _log_refusal(topic: str) -> Callable[[asyncio.Future[None]], None]:
    def check(acknowledged: asyncio.Future[None]) -> None:
        if not acknowledged.cancelled() and isinstance(error := acknowledged.exception(), Refused):
            logger.error("the broker refused a message", topic=topic, reason=str(error))

    return check
