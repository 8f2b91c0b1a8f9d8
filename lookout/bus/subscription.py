"""What a session hands out: messages, through bounded queues."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

MOST_BYTES: Final = 32 << 20
MOST_MESSAGES: Final = 10_000


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
    gives a little more with each acknowledgement). A full queue stops the session from reading, so
    that the broker holds the rest; `room_changed` is called when it fills and when half is gone.
    """

    def __init__(
        self,
        topic_filter: str,
        identifier: int,
        *,
        auto_ack: bool,
        retained: bool = True,
        room_changed: Callable[[], None],
        most_bytes: int = MOST_BYTES,
        most_messages: int = MOST_MESSAGES,
    ) -> None:
        self.topic_filter = topic_filter
        self.identifier = identifier  # of MQTT 5, by which the broker says what a message is for
        self.is_full = False
        self.retained = retained
        self._auto_ack = auto_ack
        self._room_changed = room_changed
        self._most_bytes = most_bytes
        self._most_messages = most_messages
        self._queue: asyncio.Queue[Message] = asyncio.Queue()
        self._bytes = 0

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        return self._took(await self._queue.get())

    def __len__(self) -> int:
        return self._queue.qsize()

    def take_more(self, limit: int) -> list[Message]:
        """Up to `limit` further messages that wait already."""
        return [self._took(self._queue.get_nowait()) for _ in range(min(limit, len(self)))]

    def put(self, message: Message) -> None:
        """Add a message; what was read already is taken also beyond the bound."""
        self._bytes += len(message.payload)
        self._queue.put_nowait(message)
        if self._bytes >= self._most_bytes or len(self) >= self._most_messages:
            self.is_full = True
            self._room_changed()  # each time: a new connection begins by reading

    def _took(self, message: Message) -> Message:
        self._bytes -= len(message.payload)
        if self._auto_ack:
            message.ack()
        roomy = self._bytes <= self._most_bytes // 2 and len(self) <= self._most_messages // 2
        if self.is_full and roomy:
            self.is_full = False
            self._room_changed()
        return message
