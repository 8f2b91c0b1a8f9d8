"""What a session hands out: messages, through bounded queues."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field


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
    identifier: int  # of MQTT 5, by which the broker says what a message came for
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

    def offer(self, message: Message) -> None:
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:  # QoS 0 only: QoS 1 is held back by our Receive Maximum
            self.dropped += 1
