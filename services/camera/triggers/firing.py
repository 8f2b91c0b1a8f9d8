"""What a trigger does when it fires: an event, then its pictures with that event as cause."""

import asyncio
from contextlib import suppress

from pydantic import JsonValue

from lookout.bus.events import EventBus
from lookout.contract.wire import Context
from lookout.host.tasks import Crew
from services.camera.capture.capturer import Capturer
from services.camera.settings.triggers import Trigger
from services.camera.sources import SourceError


class Firing:
    """Takes the pictures of each trigger in a task of its own, so that none waits for another."""

    def __init__(self, capturer: Capturer, events: EventBus) -> None:
        self._capturer = capturer
        self._events = events
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._crew: Crew | None = None

    async def run(self) -> None:
        """Own those tasks until cancelled."""
        async with Crew() as self._crew:
            await asyncio.Event().wait()

    def fire(self, trigger: Trigger, kind: str, data: dict[str, JsonValue] | None = None) -> None:
        """Tell that it fired; while its last pictures are still being taken, no more than that."""
        busy = trigger.name in self._under_way
        pictures = 0 if busy else trigger.count
        told = {"name": trigger.name, "kind": kind, "pictures": pictures, **(data or {})}
        event = self._events.fire("trigger_fired", told)
        if busy or self._crew is None:
            return
        body = self._capture(trigger, kind, event.context)
        task = self._crew.start(body, f"trigger {trigger.name}")
        self._under_way[trigger.name] = task
        task.add_done_callback(lambda _: self._under_way.pop(trigger.name))

    async def _capture(self, trigger: Trigger, kind: str, cause: Context) -> None:
        for number in range(trigger.count):
            if number:
                await asyncio.sleep(trigger.pause)
            with suppress(SourceError):  # told by an event
                await self._capturer.capture(kind, cause=cause)
