"""What a session hands out: messages, through bounded queues."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

MOST_BYTES: Final = 64 << 20
MOST_MESSAGES: Final = 20_000


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


class Subscription:
    """The messages of one topic filter, in order, through a queue bounded in bytes and number.

    Our Receive Maximum should keep it short, but not every broker holds to it (Mosquitto 2.0.11
    gives a little more with each acknowledgement). What does not fit is not acknowledged: once the
    queue is empty `drained` is called, and the session connects anew to get it again.
    """

    def __init__(
        self,
        topic_filter: str,
        identifier: int,
        *,
        auto_ack: bool,
        drained: Callable[[], None],
        most_bytes: int = MOST_BYTES,
        most_messages: int = MOST_MESSAGES,
    ) -> None:
        self.topic_filter = topic_filter
        self.identifier = identifier  # of MQTT 5, by which the broker says what a message is for
        self.dropped = 0  # of QoS 0: gone; of QoS 1: to come again
        self._auto_ack = auto_ack
        self._drained = drained
        self._most_bytes = most_bytes
        self._most_messages = most_messages
        self._queue: asyncio.Queue[Message] = asyncio.Queue()
        self._bytes = 0
        self._owed = False

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        return self._took(await self._queue.get())

    def __len__(self) -> int:
        return self._queue.qsize()

    def take_more(self, limit: int) -> list[Message]:
        """Up to `limit` further messages that wait already."""
        return [self._took(self._queue.get_nowait()) for _ in range(min(limit, len(self)))]

    def offer(self, message: Message, qos: int) -> None:
        """Put a message in, or count it as dropped."""
        if self._bytes >= self._most_bytes or len(self) >= self._most_messages:
            self.dropped += 1
            self._owed = self._owed or qos > 0
            return
        self._bytes += len(message.payload)
        self._queue.put_nowait(message)

    def _took(self, message: Message) -> Message:
        self._bytes -= len(message.payload)
        if self._auto_ack:
            message.ack()
        if self._owed and self._queue.empty():
            self._owed = False
            self._drained()
        return message
