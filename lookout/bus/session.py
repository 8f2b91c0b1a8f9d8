"""One MQTT 5 connection as asyncio sees it. The only importer of paho.

paho does the protocol; its socket callbacks run on the event loop, so there is no second thread
but the one that opens the socket. While the broker is away the session tries again with jittered
growing pauses, says so once, subscribes anew on every connect and sends what was posted meanwhile.
"""

import asyncio
import random
import socket
import ssl
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from lookout.host.settings import Broker

logger = structlog.get_logger()

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds between attempts to connect
CONNECT_SECONDS = 5.0
GOODBYE_SECONDS = 2.0
STEADY_SECONDS = 10.0  # a connection that held this long starts the pauses anew
PACKET_OVERHEAD = 64  # bytes of an MQTT 5 PUBLISH besides topic, payload and user properties
MAX_PACKET: Final = 268_435_455  # MQTT's own limit, bytes


class BusError(Exception):
    """Something between us and the broker went wrong."""


class NotConnected(BusError):
    """The broker is away."""


class Refused(BusError):
    """The broker did not accept the message; the text is its reason."""


class TooLarge(BusError):
    """The message is larger than the broker's Maximum Packet Size."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message that came in."""

    topic: str
    payload: bytes
    retain: bool = False
    dup: bool = False
    properties: Mapping[str, str] = field(default_factory=dict)
    response_topic: str | None = None
    correlation: bytes | None = None
    expiry: int | None = None  # seconds it had left to live when the broker sent it
    acknowledge: Callable[[], None] = field(default=lambda: None, repr=False)

    def ack(self) -> None:
        """Tell the broker that this message is dealt with; until then it will be sent again."""
        self.acknowledge()


@dataclass(slots=True)
class Subscription:
    """The messages of one topic filter, in order, through a bounded queue."""

    topic_filter: str
    auto_ack: bool
    queue: asyncio.Queue[Message]
    dropped: int = 0

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        message = await self.queue.get()
        if self.auto_ack:
            message.ack()
        return message

    def take_more(self, limit: int) -> list[Message]:
        """Up to `limit` further messages that wait already."""
        taken: list[Message] = []
        while len(taken) < limit and not self.queue.empty():
            taken.append(self.queue.get_nowait())
        return taken

    def matches(self, topic: str) -> bool:
        return paho.topic_matches_sub(_plain(self.topic_filter), topic)

    def offer(self, message: Message) -> None:
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:  # QoS 0 only: QoS 1 is held back by our Receive Maximum
            self.dropped += 1


@dataclass(frozen=True, slots=True)
class _Outgoing:
    topic: str
    payload: bytes
    qos: int
    retain: bool
    properties: Properties

    @property
    def size(self) -> int:
        """Bytes of the whole packet, at most."""
        user = getattr(self.properties, "UserProperty", ())
        words = sum(len(key.encode()) + len(value.encode()) + 5 for key, value in user)
        return len(self.payload) + len(self.topic.encode()) + words + PACKET_OVERHEAD


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
        self.dropped = 0  # posts thrown away because the outbox was full
        self.max_packet_size = MAX_PACKET
        self._session_expiry = session_expiry
        self._receive_maximum = receive_maximum
        self._outbox: deque[_Outgoing] = deque()
        self._outbox_limit = outbox
        self._subscriptions: list[Subscription] = []
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._on_connect: list[Callable[[], None]] = []
        self._connected = asyncio.Event()
        self._answered = asyncio.Event()
        self._lost = asyncio.Event()
        self._generation = 0
        self._why = ""
        self._said_down = False
        self._client = self._make_client(client_id)
        self._loop: asyncio.AbstractEventLoop
        self._thread = 0
        self._keeper: asyncio.Task[None] | None = None

    # -- life ------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
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
        self._flush_socket()
        self._fail_waiting()

    @property
    def is_connected(self) -> bool:
        return self._connected.is_set()

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
    ) -> None:
        """Send now and wait for the broker's acknowledgement.

        Raises NotConnected, TooLarge, or Refused with the broker's reason (such as no right to
        publish there).
        """
        if not self.is_connected:
            raise NotConnected("the broker is away")
        outgoing = _outgoing(topic, payload, qos, retain, properties, content_type, expiry)
        acknowledged = self._send(outgoing)
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
        outgoing = _outgoing(topic, payload, qos, retain, properties, None, None, correlation)
        self._outbox.append(outgoing)
        if len(self._outbox) > self._outbox_limit:
            self._outbox.popleft()
            self.dropped += 1
        if self.is_connected:
            self._empty_outbox()

    # -- receiving -------------------------------------------------------------------------

    def subscribe(self, topic_filter: str, *, auto_ack: bool = True) -> Subscription:
        """Subscribe with QoS 1, now and on every later connect.

        A message goes to the first subscription whose filter matches. Without `auto_ack` the
        receiver calls `message.ack()`, and holds at most `receive_maximum` messages until then.
        """
        queue: asyncio.Queue[Message] = asyncio.Queue(2 * self._receive_maximum)
        subscription = Subscription(topic_filter, auto_ack, queue)
        self._subscriptions.append(subscription)
        if self.is_connected:
            self._client.subscribe(topic_filter, options=SubscribeOptions(qos=1))
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
        client.on_socket_open = self._on_socket_open
        client.on_socket_close = self._on_socket_close
        client.on_socket_register_write = self._on_register_write
        client.on_socket_unregister_write = self._on_unregister_write
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
            self._client.loop_misc()
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._lost.wait()

    def _drop_connection(self) -> None:
        self._client.disconnect()
        self._flush_socket()

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

    def _send(self, outgoing: _Outgoing) -> asyncio.Future[None] | None:
        size = outgoing.size
        if size > self.max_packet_size:
            raise TooLarge(f"{size} bytes; the broker takes {self.max_packet_size} at most")
        sent = self._client.publish(
            outgoing.topic, outgoing.payload, outgoing.qos, outgoing.retain, outgoing.properties
        )
        if outgoing.qos == 0:
            return None
        acknowledged: asyncio.Future[None] = self._loop.create_future()
        self._waiting[sent.mid] = acknowledged
        return acknowledged

    def _empty_outbox(self) -> None:
        while self._outbox:
            outgoing = self._outbox.popleft()
            try:
                acknowledged = self._send(outgoing)
            except TooLarge as error:
                self.dropped += 1
                logger.error("message dropped", topic=outgoing.topic, reason=str(error))
                continue
            if acknowledged is not None:
                acknowledged.add_done_callback(_log_refusal(outgoing.topic))

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
            self._client.subscribe(topic_filter, options=SubscribeOptions(qos=1))
        self._connected.set()
        self._answered.set()
        if self.presence is not None:
            self._send(_outgoing(self.presence, "online", 1, True))
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
        for subscription in self._subscriptions:
            if subscription.matches(topic):
                subscription.offer(self._message(topic, raw))
                return
        self._client.ack(raw.mid, raw.qos)  # left over from an earlier version's subscription

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

    # -- sockets: paho opens them on a helper thread, everything else is on the loop ---------

    def _on_loop(self, action: Callable[..., Any], *arguments: Any) -> None:
        if threading.get_ident() == self._thread:
            action(*arguments)
        else:
            self._loop.call_soon_threadsafe(action, *arguments)

    def _on_socket_open(self, _: paho.Client, __: Any, sock: Any) -> None:
        self._on_loop(self._loop.add_reader, sock.fileno(), self._readable, sock)

    def _on_socket_close(self, _: paho.Client, __: Any, sock: Any) -> None:
        if (descriptor := sock.fileno()) >= 0:
            self._on_loop(self._loop.remove_reader, descriptor)
            self._on_loop(self._loop.remove_writer, descriptor)

    def _on_register_write(self, _: paho.Client, __: Any, sock: Any) -> None:
        if (descriptor := sock.fileno()) >= 0:
            self._on_loop(self._loop.add_writer, descriptor, self._client.loop_write)

    def _on_unregister_write(self, _: paho.Client, __: Any, sock: Any) -> None:
        if (descriptor := sock.fileno()) >= 0:
            self._on_loop(self._loop.remove_writer, descriptor)

    def _readable(self, sock: socket.socket | ssl.SSLSocket) -> None:
        self._client.loop_read()
        # TLS may hold decrypted bytes that the selector does not know of.
        while isinstance(sock, ssl.SSLSocket) and sock.fileno() >= 0 and sock.pending():
            self._client.loop_read()

    def _flush_socket(self) -> None:
        while self._client.want_write():
            if self._client.loop_write() != paho.MQTT_ERR_SUCCESS:
                break
        if (sock := self._client.socket()) is not None:
            self._on_socket_close(self._client, None, sock)
            sock.close()


def _outgoing(
    topic: str,
    payload: bytes | str,
    qos: int,
    retain: bool,
    user: Mapping[str, str] | None = None,
    content_type: str | None = None,
    expiry: int | None = None,
    correlation: bytes | None = None,
) -> _Outgoing:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    if user:
        properties.UserProperty = list(user.items())
    if content_type is not None:
        properties.ContentType = content_type
    if expiry is not None:
        properties.MessageExpiryInterval = expiry
    if correlation is not None:
        properties.CorrelationData = correlation
    data = payload.encode() if isinstance(payload, str) else payload
    return _Outgoing(topic, data, qos, retain, properties)


def _plain(topic_filter: str) -> str:
    """The filter without `$share/GROUP/`: what the topics themselves look like."""
    return topic_filter.split("/", 2)[2] if topic_filter.startswith("$share/") else topic_filter


def _log_refusal(topic: str) -> Callable[[asyncio.Future[None]], None]:
    def check(acknowledged: asyncio.Future[None]) -> None:
        if not acknowledged.cancelled() and isinstance(error := acknowledged.exception(), Refused):
            logger.error("the broker refused a message", topic=topic, reason=str(error))

    return check
