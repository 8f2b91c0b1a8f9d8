"""The connection to the broker: made, kept alive, made again after growing pauses.

paho does the protocol; its socket callbacks run on the event loop, so there is no second thread
but the one that opens the socket. What comes and goes over a connection is `session.py`'s.
"""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from lookout.bus.double import Double
from lookout.bus.errors import TooLarge
from lookout.bus.fedclient import FedClient, can_be_fed
from lookout.bus.flow import Flow
from lookout.bus.outgoing import MAX_PACKET, Outgoing
from lookout.bus.packing import Packed
from lookout.bus.publish import Malformed, Publish
from lookout.bus.reading import OwnReading, PahoReading, Reading
from lookout.bus.sockets import LoopSockets
from lookout.host.pauses import Pauses
from lookout.host.settings import Broker

logger = structlog.get_logger()

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds between attempts to connect
CONNECT_SECONDS = 5.0
STEADY_SECONDS = 10.0  # a connection that held this long starts the pauses anew
TAKEN_OVER: Final = "Session taken over"  # MQTT 5, reason code 0x8E
NO_TOPIC: Final = "lookout-keep-alive"  # nobody subscribes to it


class Connection:
    """One client of the broker. `open` connects, now and whenever there is no connection."""

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        *,
        will: str | None,
        session_expiry: int,
        receive_maximum: int,
        on_up: Callable[[], None],
        on_publish: Callable[[Publish], None],
        on_acknowledged: Callable[[int, str | None], None],
    ) -> None:
        """`will` is a retained topic that says `offline` when we are gone without a goodbye.

        `on_acknowledged` is given what `publish` returned, and the broker's reason where it
        refused the message.
        """
        self.broker = broker
        self.max_packet_size = MAX_PACKET  # bytes that the broker takes
        self.generation = 0  # of connections, since packet identifiers belong to one
        self.up = asyncio.Event()
        self.trouble = ""  # why there was no connection at the last attempt
        self._on_up = on_up
        self._on_publish = on_publish
        self._on_acknowledged = on_acknowledged
        self._session_expiry = session_expiry
        self._receive_maximum = receive_maximum
        self._dealt_with: list[int] = []  # packet identifiers, to be acknowledged in this turn
        self._answered = asyncio.Event()
        self._lost = asyncio.Event()
        self._said_down = False
        self._said_alive = 0.0  # on the loop's clock, while we do not read
        self.double = Double()
        self._client = self._make_client(client_id, will)
        self._flow = Flow(self._client) if isinstance(self._client, FedClient) else None
        self._loop: asyncio.AbstractEventLoop
        self._sockets: LoopSockets
        self._keeper: asyncio.Task[None] | None = None
        self._is_closed = False

    def open(self) -> None:
        """Connect, now and whenever there is none."""
        self._loop = asyncio.get_running_loop()
        self._sockets = LoopSockets(self._client, self._reading(), self._on_fault)
        self._keeper = asyncio.create_task(self._keep_connected(), name="mqtt session")

    async def close(self) -> None:
        """Disconnect, and do not come back."""
        self._is_closed = True
        try:
            if self._keeper is not None:
                self._keeper.cancel()
                await asyncio.gather(self._keeper, return_exceptions=True)
            self._acknowledge()
        finally:
            self._drop()

    # -- what goes out -------------------------------------------------------------------------

    def publish(self, message: Outgoing) -> int:
        """Send a message; its packet identifier, by which `on_acknowledged` will name it.

        Raises TooLarge.
        """
        try:
            packed: Any = Packed(message.properties)  # paho asks no more of it than its bytes
        except ValueError as error:
            raise TooLarge(str(error)) from None
        sent = self._client.publish(
            message.topic, message.payload, message.qos, message.retain, packed
        )
        if self._flow is not None and message.qos:
            self._flow.sent(sent.mid, message.size)
        return sent.mid

    @property
    def taken(self) -> int:
        """Bytes that have reached the broker's computer, of all connections; 0: not known."""
        return self._flow.taken if self._flow else 0

    def give_up(self, mids: Sequence[int]) -> None:
        """Never send these messages again. A packet cannot be broken off: we connect anew."""
        if not isinstance(self._client, FedClient):
            return
        for mid in mids:
            self._client.forget(mid)
            if self._flow is not None:
                self._flow.acknowledged(mid, self._loop.time())
        self._client.end("what was on its way was given up", by_broker=False)

    def subscribe(self, topic_filter: str, identifier: int, *, retained: bool) -> None:
        """Ask for messages with QoS 1; the broker says with each that it came for `identifier`.

        With `retained` it gives what it has retained, each time.
        """
        properties = Properties(PacketTypes.SUBSCRIBE)  # type: ignore[no-untyped-call]
        properties.SubscriptionIdentifier = identifier
        handling = (
            SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE
            if retained
            else SubscribeOptions.RETAIN_DO_NOT_SEND
        )
        options = SubscribeOptions(qos=1, retainHandling=handling)
        self._client.subscribe(topic_filter, options=options, properties=properties)

    def unsubscribe(self, topic_filter: str) -> None:
        """Stop asking for them."""
        self._client.unsubscribe(topic_filter)

    def acknowledge(self, mid: int, qos: int, generation: int) -> None:
        """Say that a message is dealt with.

        After a reconnect the broker sends it again, under an identifier of the new connection.
        """
        if generation != self.generation or not self.up.is_set():
            return
        if qos != 1 or not isinstance(self._client, FedClient):
            self._client.ack(mid, qos)
            return
        self._dealt_with.append(mid)
        if len(self._dealt_with) == 1:
            self._loop.call_soon(self._acknowledge)

    def _acknowledge(self) -> None:
        """Those of one turn of the loop in one write: for a batch of 64, one for all."""
        mids, self._dealt_with = self._dealt_with, []
        if mids and isinstance(self._client, FedClient) and self.up.is_set():
            self._client.acknowledge(mids)

    # -- what comes in -------------------------------------------------------------------------

    @property
    def paused(self) -> bool:
        """Whether nothing is read, so that the broker holds what comes."""
        return self._sockets.paused

    def pause(self) -> None:
        """Stop reading."""
        self._sockets.pause()

    def resume(self) -> None:
        """Read again."""
        self._sockets.resume()

    # -- being connected -----------------------------------------------------------------------

    def _make_client(self, client_id: str, will: str | None) -> paho.Client:
        kind = FedClient if can_be_fed() else paho.Client
        client = kind(
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
        if will is not None:
            client.will_set(will, "offline", qos=1, retain=True)
        client.connect_timeout = CONNECT_SECONDS
        client.on_connect = self._on_paho_connect
        client.on_disconnect = self._on_paho_disconnect
        client.on_message = self._on_paho_message
        client.on_publish = self._on_paho_publish
        return client

    def _reading(self) -> Reading:
        if isinstance(self._client, FedClient):
            return OwnReading(self._client, self._on_publish)
        return PahoReading(self._client.loop_read)

    async def _keep_connected(self) -> None:
        pauses = Pauses(FIRST_PAUSE, LONGEST_PAUSE, jitter=0.5)
        while True:
            began = self._loop.time()
            await self._connect_and_stay()
            if self._loop.time() - began > STEADY_SECONDS:
                pauses.reset()
            self._say_down()
            await asyncio.sleep(pauses.next(at_least=self.double.pause(self._loop.time())))

    async def _connect_and_stay(self) -> None:
        self._answered.clear()
        self._lost.clear()
        self._sockets.start_afresh()
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = self._session_expiry
        properties.ReceiveMaximum = self._receive_maximum
        try:
            await asyncio.to_thread(self._open_socket, properties)
            # Not wait_for: until Python 3.12 it swallows a cancel that comes with the answer.
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._answered.wait()
        except (OSError, TimeoutError) as error:
            self.double.is_away()
            self.trouble = self.trouble or str(error) or "no answer"
            self._drop()
            return
        while not self._lost.is_set():
            self.double.look(self._loop.time())
            self._keep_alive()
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._lost.wait()

    def _open_socket(self, properties: Properties) -> None:
        """On a helper thread, which no cancel reaches: it may be done only after `close`."""
        self._client.connect(
            self.broker.host,
            self.broker.port,
            self.broker.keepalive,
            clean_start=self._session_expiry == 0,
            properties=properties,
        )
        if self._is_closed:
            self._loop.call_soon_threadsafe(self._drop)

    def _keep_alive(self) -> None:
        """Let paho ping, and see that the answer comes; answers cannot come while we do not read.

        Meanwhile a packet of no consequence now and then tells the broker that we live.
        """
        if not self.paused:
            if self._is_moving():
                return  # the ping's answer would be late, not the connection dead
            self._client.loop_misc()
        elif self._loop.time() - self._said_alive > self.broker.keepalive / 2:
            self._said_alive = self._loop.time()
            self._client.unsubscribe(NO_TOPIC)

    def _is_moving(self) -> bool:
        if self._flow is None:
            return False
        now = self._loop.time()
        self._flow.look(now)
        return self._flow.is_moving(now, self.broker.keepalive)

    def _drop(self, reason: ReasonCode | None = None) -> None:
        self._client.disconnect(reasoncode=reason)
        self._sockets.flush()

    def _say_down(self) -> None:
        if not self._said_down:
            where = f"{self.broker.host}:{self.broker.port}"
            logger.warning("broker is away, will keep trying", broker=where, reason=self.trouble)
            self._said_down = True

    # -- paho's callbacks ----------------------------------------------------------------------

    def _on_paho_connect(
        self, _: paho.Client, __: Any, ___: Any, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self.trouble = f"it answered: {reason}"
            return  # paho closes and tells _on_paho_disconnect
        if self._is_closed:
            return  # nobody is there any more to say `online` for
        self.generation += 1
        self._dealt_with = []
        self.trouble = ""
        self.max_packet_size = getattr(properties, "MaximumPacketSize", MAX_PACKET)
        if self._flow is not None:
            self._flow.begin(self._loop.time())
        self.up.set()
        self._answered.set()
        self._on_up()
        if self._said_down:
            logger.info("broker is back", broker=f"{self.broker.host}:{self.broker.port}")
        self._said_down = False

    def _on_paho_disconnect(
        self, _: paho.Client, __: Any, ___: Any, reason: ReasonCode, ____: Properties | None
    ) -> None:
        if reason.getName() == TAKEN_OVER:
            self.double.thrown_out(self._loop.time())
        elif isinstance(self._client, FedClient) and self._client.was_closed and self.up.is_set():
            self.double.closed(self._loop.time())
        self._gone(str(reason))

    def _on_fault(self, error: Exception) -> None:
        """What came could not be read, or our own code failed on it: begin anew."""
        if isinstance(error, Malformed):
            self.trouble, name = f"it sent {error}", "Malformed packet"
            logger.error("left the broker: it sent a malformed packet", reason=str(error))
        else:
            self.trouble, name = repr(error), "Implementation specific error"
            logger.error("left the broker: a packet could not be dealt with", exc_info=error)
        self._drop(ReasonCode(PacketTypes.DISCONNECT, name))
        self._gone(self.trouble)

    def _gone(self, why: str) -> None:
        self.trouble = self.trouble or why
        self.up.clear()
        self._answered.set()
        self._lost.set()

    def _on_paho_message(self, _: paho.Client, __: Any, raw: paho.MQTTMessage) -> None:
        self._on_publish(_publish(raw))

    def _on_paho_publish(
        self, _: paho.Client, __: Any, mid: int, reason: ReasonCode, ___: Properties
    ) -> None:
        if self._flow is not None:
            self._flow.acknowledged(mid, self._loop.time())
        self._on_acknowledged(mid, str(reason) if reason.is_failure else None)


def _publish(raw: paho.MQTTMessage) -> Publish:
    """What paho has read, as our own reader would have given it."""
    properties = raw.properties
    return Publish(
        raw.topic,
        bytes(raw.payload),
        raw.qos,
        raw.mid,
        raw.dup,
        raw.retain,
        user=getattr(properties, "UserProperty", []),
        identifiers=getattr(properties, "SubscriptionIdentifier", []),
        payload_format=getattr(properties, "PayloadFormatIndicator", None),
        expiry=getattr(properties, "MessageExpiryInterval", None),
        content_type=getattr(properties, "ContentType", None),
        response_topic=getattr(properties, "ResponseTopic", None),
        correlation=getattr(properties, "CorrelationData", None),
        topic_alias=getattr(properties, "TopicAlias", None),
    )


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a topic is one of a filter's, `$share/GROUP/` or not."""
    plain = topic_filter.split("/", 2)[2] if topic_filter.startswith("$share/") else topic_filter
    return paho.topic_matches_sub(plain, topic)
