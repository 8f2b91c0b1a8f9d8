"""The hub's side of the bus in a test: calls a node's services and collects what it tells."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

from lookout.bus.caller import Caller
from lookout.bus.session import Session
from lookout.bus.subscription import Message, Subscription
from lookout.contract.commands import Command, Result
from lookout.contract.events import Event, parse_event
from lookout.contract.images import ImageMeta
from lookout.contract.topics import Topics
from lookout.contract.wire import new_id
from lookout.host.settings import Broker
from lookout.host.tasks import cancel
from tests.support.waiting import PATIENCE, eventually

TRIES, ANSWER_SECONDS = 4, 8.0


class Hub:
    """Remembers every event and image of all nodes since it was made."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.caller = Caller(session, Topics())
        self.events: list[Event] = []
        self.images: list[ImageMeta] = []

    def fired(self, event_type: str) -> list[Event]:
        return [event for event in self.events if event.event_type == event_type]

    async def until_fired(
        self, event_type: str, count: int = 1, timeout: float = PATIENCE
    ) -> Event:
        """The last of `count` events of a type, once they are there."""
        await eventually(lambda: len(self.fired(event_type)) >= count, timeout)
        return self.fired(event_type)[count - 1]

    async def call(self, service: str, node: str = "garden", **arguments: Any) -> Result:
        """Call a service until it answers: a node that starts on a busy machine may not listen yet.

        `at`, `context` and `id` are the command's own. Its id has it run once however often it is
        sent.
        """
        known = {"at", "context", "id"} & arguments.keys()
        own = {"id": new_id(), **{name: arguments.pop(name) for name in known}}
        command = Command(service=service, arguments=arguments, **own)
        for _ in range(TRIES - 1):
            with suppress(TimeoutError):
                return await self.caller.call(node, command, timeout=ANSWER_SECONDS)
        return await self.caller.call(node, command, timeout=ANSWER_SECONDS)

    async def first(self, kind: str, node: str = "garden") -> Message:
        """The retained message of a kind, or the next one."""
        subscription = self.session.subscribe(f"lookout/{node}/{kind}")
        try:
            return await anext(subscription)
        finally:
            self.session.unsubscribe(subscription)

    async def collect_events(self, events: Subscription) -> None:
        async for message in events:
            name = message.topic.rpartition("/")[2]
            self.events.append(parse_event(message.payload, event_type=name))

    async def collect_images(self, images: Subscription) -> None:
        async for message in images:
            self.images.append(ImageMeta.from_properties(message.properties))


@asynccontextmanager
async def watching_hub(broker: Broker) -> AsyncIterator[Hub]:
    """A hub that is connected and listens."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(Session(broker, "the-hub-of-the-test"))
        await session.connected()
        hub = Hub(session)
        work = {
            "results": hub.caller.listen(),
            "events": hub.collect_events(session.subscribe(Topics().every("event"))),
            "images": hub.collect_images(session.subscribe(Topics().every("image"))),
        }
        for name, body in work.items():
            stack.push_async_callback(cancel, asyncio.create_task(body, name=name))
        yield hub
