"""The loop over messages, once for all: decode, handle, acknowledge.

What cannot be decoded is refused; what its handler did not foresee is set aside with its traceback;
either way it is acknowledged, and the next message is handled. Nothing that arrives ends the loop.
"""

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog

from lookout.bus.subscription import Message, Subscription
from lookout.bus.suspects import Suspects
from lookout.contract.decode import Raw, decode
from lookout.contract.errors import BadMessage
from lookout.contract.topics import Address, Topics
from lookout.host import progress

logger = structlog.get_logger()

SHOWN: Final = 200  # characters of a topic in a log line


class Aside(Protocol):
    """Where messages go that could not be handled."""

    async def refused(self, message: Message, error: BadMessage) -> None:
        """It is not what the contract allows."""

    async def failed(self, message: Message, error: BaseException | None) -> None:
        """Its handler failed in a way nobody foresaw; None: the process died of it, twice."""


class Ignored:
    """For listeners that may do without a message: it is logged and counted."""

    def __init__(self) -> None:
        self.refusals = 0
        self.failures = 0

    async def refused(self, message: Message, error: BadMessage) -> None:
        self.refusals += 1
        logger.warning("not understood", topic=message.topic[:SHOWN], reason=str(error))

    async def failed(self, message: Message, error: BaseException | None) -> None:
        self.failures += 1
        logger.error("a message failed", topic=message.topic[:SHOWN], exc_info=error)


@dataclass(frozen=True, slots=True)
class Received:
    """A message with what it says: who, what kind, and the model that its payload is."""

    address: Address
    model: Any
    message: Message


@dataclass(frozen=True, slots=True)
class Intake:
    """How a service takes messages in. `suspects` are remembered where the broker repeats them."""

    topics: Topics
    aside: Aside
    suspects: Suspects | None = None

    async def each(
        self, name: str, messages: Subscription, handle: Callable[[Received], Awaitable[None]]
    ) -> None:
        """Decode and handle messages one by one, for ever; `name` is that of the work."""

        async def one(message: Message) -> None:
            if message.payload:  # else a retained one was removed
                await handle(self.decoded(message))

        await self.raw(name, messages, one)

    async def raw(
        self, name: str, messages: Subscription, handle: Callable[[Message], Awaitable[None]]
    ) -> None:
        """The same, where the handler itself finds out what a message is."""

        async def one(batch: Sequence[Message]) -> None:
            await handle(batch[0])

        with progress.watched(name) as work:
            while True:
                work.rest()
                message = await anext(messages)
                work.beat()
                await self.fenced([message], one)

    async def fenced(
        self, batch: Sequence[Message], handle: Callable[[Sequence[Message]], Awaitable[None]]
    ) -> None:
        """Handle a batch and acknowledge it; where that fails, find the one that is at fault."""
        for part in self._parts(batch):
            await self._attempt(part, handle)

    def decoded(self, message: Message) -> Received:
        """What a message says. Raises BadMessage."""
        address = self.topics.parse(message.topic)
        raw = Raw(message.payload, message.properties, address.name or "")
        return Received(address, decode(address.kind, raw), message)

    def _parts(self, batch: Sequence[Message]) -> Sequence[Sequence[Message]]:
        """Those that were in hand at a death are handled alone, so that only one is blamed."""
        if self.suspects is None:
            return [batch]
        known = [self.suspects.was_in_hand(message) for message in batch]
        alone = [[message] for message, seen in zip(batch, known, strict=True) if seen]
        rest = [message for message, seen in zip(batch, known, strict=True) if not seen]
        return [*alone, *([rest] if rest else [])]

    async def _attempt(
        self, batch: Sequence[Message], handle: Callable[[Sequence[Message]], Awaitable[None]]
    ) -> None:
        if self.suspects is not None and len(batch) == 1 and self.suspects.is_condemned(batch[0]):
            await self.aside.failed(batch[0], None)
            batch[0].ack()
            return
        try:
            with self.suspects.holding(batch) if self.suspects else contextlib.nullcontext():
                await handle(batch)
        except Exception as error:  # whatever it is, it must not end the loop
            if len(batch) > 1:
                for message in batch:
                    await self._attempt([message], handle)
                return
            await self._set_aside(batch[0], error)
        for message in batch:
            message.ack()

    async def _set_aside(self, message: Message, error: Exception) -> None:
        if isinstance(error, BadMessage):
            await self.aside.refused(message, error)
        else:
            await self.aside.failed(message, error)
