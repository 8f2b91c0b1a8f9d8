"""Services on the bus: a node registers them and every call gets a result. Callers: caller.py.

A command may carry `id` (it runs once; a repeat gets the first result), `at` (Unix time to act at),
`ttl` (seconds after which it is refused; in `set` it is a setting) and `asked_by` (who, in words).
See docs/topics.md.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import structlog
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from lookout.bus.events import EventBus
from lookout.bus.intake import Ignored, Intake
from lookout.bus.journal import Journal
from lookout.bus.session import Session
from lookout.bus.subscription import Message, Subscription
from lookout.contract.commands import Command, Failure, Result
from lookout.contract.errors import BadMessage, BadTopic, explain
from lookout.contract.topics import Topics
from lookout.contract.wire import Context
from lookout.errors import LookoutError
from lookout.host.tasks import Crew

logger = structlog.get_logger()

MOST_PENDING = 64  # commands under way or waiting for their time, for one node
MOST_WAITING = 32  # of these that wait for their time: the rest is for what is to be done now
BUSY = "busy"
LONGEST_WAIT = 7 * 86400.0  # seconds a command may lie in the future
LONGEST_RESPONSE_TOPIC = 256


class CommandFailed(LookoutError):
    """A service could not do what was asked; `code` is for programs, the text for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Arguments(BaseModel):
    """What a service takes; unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


A = TypeVar("A", bound=Arguments)
Data = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Service(Generic[A]):
    """One service: its name, what it takes, what it does."""

    name: str
    arguments: type[A]
    handler: Callable[[A, Command], Awaitable[Data]]

    async def call(self, command: Command) -> Data:
        try:
            arguments = self.arguments.model_validate(command.arguments)
        except ValidationError as error:
            raise CommandFailed("bad_arguments", explain(error, self.arguments)) from None
        return await self.handler(arguments, command)


class Services:
    """The services of one node, and the loop that serves them."""

    def __init__(
        self,
        session: Session,
        topics: Topics,
        node: str,
        events: EventBus,
        journal: Journal,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Commands are kept from now on, and obeyed once it serves.

        Make it before the first await with a session: the broker must know of its subscriptions
        before it hears `online`. `now` is Unix time, for whoever knows better than the computer.
        """
        self._session = session
        self._topics = topics
        self._intake = Intake(topics, Ignored())
        self._node = node
        self._events = events
        self._journal = journal
        self._now = now
        self._services: dict[str, Service[Any]] = {}
        self._running: dict[str, asyncio.Task[Result]] = {}
        self._pending: set[asyncio.Task[None]] = set()
        self._waiting = 0  # of these, for their time
        self._subscriptions = [
            session.subscribe(each, retained=False) for each in topics.commands_for(node)
        ]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._services))

    @property
    def busy(self) -> bool:
        """Whether a command is under way, or waits for its time."""
        return bool(self._pending)

    def register(
        self, name: str, arguments: type[A], handler: Callable[[A, Command], Awaitable[Data]]
    ) -> None:
        """Offer a service. The handler returns the result's data or raises CommandFailed."""
        self._services[name] = Service(name, arguments, handler)

    async def serve(self) -> None:
        """Obey commands until cancelled; each in a task of its own, so none blocks the next.

        The subscriptions stay: the broker keeps what comes while the node sleeps or starts anew.
        """
        async with Crew() as crew:
            for subscription in self._subscriptions:
                crew.start(self._obey(subscription, crew), "commands")

    async def _obey(self, messages: Subscription, crew: Crew) -> None:
        async for message in messages:
            if len(self._pending) >= MOST_PENDING:
                self._refuse(message, BUSY, f"{MOST_PENDING} commands are pending: try later")
                continue
            task = crew.start(self._answer(message), f"command {message.topic}")
            self._pending.add(task)
            task.add_done_callback(self._pending.discard)

    async def _answer(self, message: Message) -> None:
        """Obey one message, whatever it is: no command ends the loop."""
        try:
            command = self._intake.decoded(message).model
        except BadMessage as error:
            self._refuse(message, "bad_request", str(error))
            return
        try:
            result = await self._once(command, message.expiry)
        except Exception as error:
            logger.exception("a command failed", service=command.service)
            result = self._failed(command.service, "internal_error", repr(error), command)
        self._send(message, result)

    async def _once(self, command: Command, expiry: int | None) -> Result:
        if command.id is None:
            return await self._do(command, expiry)
        if (first := self._journal.get(command.id)) is not None:
            return first
        running = self._running.get(command.id)
        if running is None:
            running = asyncio.create_task(self._do(command, expiry), name=f"run {command.id}")
            self._running[command.id] = running
            running.add_done_callback(lambda _: self._running.pop(command.id or "", None))
            result = await running
        else:  # what is repeated may be for a time a week ahead
            try:
                with self._one_more_waits(f"id = {command.id}"):
                    result = await asyncio.shield(running)
            except CommandFailed as error:
                return self._failed(command.service, error.code, str(error), command)
        if result.error is None or result.error.code != BUSY:  # else it may be asked again
            self._journal.put(command.id, result)
        return result

    async def _do(self, command: Command, expiry: int | None) -> Result:
        call: dict[str, JsonValue] = {
            "service": command.service,
            "id": command.id,
            "arguments": command.arguments,
        }
        if command.asked_by is not None:
            call["asked_by"] = command.asked_by
        self._events.fire("command_called", call, cause=command.context)
        try:
            data = await self._when_due(command, expiry)
        except CommandFailed as error:
            return self._failed(command.service, error.code, str(error), command)
        except Exception as error:
            logger.exception("a service failed", service=command.service)
            return self._failed(command.service, "internal_error", repr(error), command)
        return Result(
            ok=True,
            service=command.service,
            node=self._node,
            id=command.id,
            data=dict(data),
            context=command.context,
        )

    async def _when_due(self, command: Command, expiry: int | None) -> Data:
        service = self._services.get(command.service)
        if service is None:
            known = ", ".join(self.names)
            raise CommandFailed("unknown_service", f"{command.service}: this node has {known}")
        deadlines = [command.expires_at(self._now())]
        if expiry is not None:
            deadlines.append(self._now() + expiry)
        await self._wait_until(command.at)
        if any(deadline is not None and self._now() > deadline for deadline in deadlines):
            limit = "its message expiry" if command.ttl is None else f"ttl = {command.ttl}"
            raise CommandFailed("expired", f"{limit}: it came too late to act on")
        return await service.call(command)

    async def _wait_until(self, at: float | None) -> None:
        if at is None or at <= self._now():
            return
        if at - self._now() > LONGEST_WAIT:
            raise CommandFailed("bad_arguments", f"at = {at}: at most {LONGEST_WAIT:.0f} s ahead")
        with self._one_more_waits(f"at = {at}"):
            while (left := at - self._now()) > 0:  # noqa: ASYNC110
                await asyncio.sleep(min(left, 60.0))  # again: the clock may be set meanwhile

    @contextmanager
    def _one_more_waits(self, what: str) -> Iterator[None]:
        if self._waiting >= MOST_WAITING:
            raise CommandFailed(
                BUSY, f"{what}: {MOST_WAITING} commands wait for their time, try later"
            )
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    def _failed(self, service: str, code: str, why: str, command: Command | None = None) -> Result:
        context = command.context if command else Context()
        self._events.fire(
            "command_failed", {"service": service, "code": code, "message": why}, cause=context
        )
        return Result(
            ok=False,
            service=service,
            node=self._node,
            id=command.id if command else None,
            error=Failure(code=code, message=why),
            context=context,
        )

    def _refuse(self, message: Message, code: str, why: str) -> None:
        service = message.topic.rpartition("/")[2]
        self._send(message, self._failed(service[:64], code, why))

    def _send(self, message: Message, result: Result) -> None:
        """To the node's own result topic, and to the caller's response topic when it named one."""
        try:
            self._session.post(self._topics.result(self._node, result.service), result.encode())
        except BadTopic:
            logger.warning("a command with an impossible name", topic=message.topic)
        reply = message.response_topic
        if reply and len(reply) <= LONGEST_RESPONSE_TOPIC and not set(reply) & set("+#\0"):
            self._session.post(reply, result.encode(), correlation=message.correlation)
