"""The caller's side of commands: publish one, wait for its result."""

import asyncio

import structlog

from lookout.bus.intake import Ignored, Intake, Received
from lookout.bus.session import Session
from lookout.contract.commands import Command, Result
from lookout.contract.topics import ALL, Topics
from lookout.contract.wire import new_id

logger = structlog.get_logger()


class Caller:
    """Calls services of nodes and waits for their results."""

    def __init__(self, session: Session, topics: Topics) -> None:
        self._session = session
        self._topics = topics
        self._waiting: dict[str, asyncio.Queue[Result]] = {}

    async def listen(self) -> None:
        """Hand out results until cancelled; run it as a task beside the calls."""
        subscription = self._session.subscribe(self._topics.every("result"), retained=False)
        intake = Intake(self._topics, Ignored())
        try:
            await intake.each("results", subscription, self._hand_out)
        finally:
            self._session.unsubscribe(subscription)

    async def _hand_out(self, received: Received) -> None:
        result = received.model
        queue = self._waiting.get(result.id or "")
        if queue is not None and not queue.full():
            queue.put_nowait(result)

    async def call(self, node: str, command: Command, *, timeout: float = 30.0) -> Result:
        """Call a service on one node. Raises TimeoutError when no result comes, or a BusError."""
        command = _with_id(command)
        async with asyncio.timeout(timeout):
            queue = await self._publish(node, command)
            try:
                return await queue.get()
            finally:
                self._waiting.pop(command.id or "", None)

    async def call_all(self, command: Command, *, seconds: float) -> list[Result]:
        """Call a service on every node, and return the results that come within `seconds`."""
        command, results = _with_id(command), []
        queue = await self._publish(ALL, command)
        try:
            async with asyncio.timeout(seconds):
                while True:
                    results.append(await queue.get())
        except TimeoutError:
            return results
        finally:
            self._waiting.pop(command.id or "", None)

    async def _publish(self, node: str, command: Command) -> asyncio.Queue[Result]:
        queue: asyncio.Queue[Result] = asyncio.Queue(10_000)
        self._waiting[command.id or ""] = queue
        try:
            topic = self._topics.command(node, command.service)
            expiry = None if command.ttl is None else max(1, round(command.ttl))
            await self._session.publish(topic, command.encode(), expiry=expiry)
        except BaseException:
            self._waiting.pop(command.id or "", None)
            raise
        return queue


def _with_id(command: Command) -> Command:
    return command if command.id else command.model_copy(update={"id": new_id()})
