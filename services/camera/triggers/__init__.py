"""What has pictures taken without being asked, each kind a file."""

import asyncio
import time
from collections.abc import Coroutine
from contextlib import ExitStack
from functools import partial
from typing import Any

from lookout.bus.events import EventBus
from services.camera.capture.capturer import Capturer
from services.camera.settings.triggers import Trigger
from services.camera.settings.triggers import Triggers as TriggerSettings
from services.camera.triggers.alarm import Alarm, Next
from services.camera.triggers.firing import Firing
from services.camera.triggers.gpio import PinWatch
from services.camera.triggers.interval import Interval
from services.camera.triggers.lux import LuxWatch
from services.camera.triggers.times import Sun, by_clock, zone

__all__ = ["Triggers"]


class Triggers:
    """The triggers of a node, wired together."""

    def __init__(self, settings: TriggerSettings, capturer: Capturer, events: EventBus) -> None:
        self._settings = settings
        self._firing = Firing(capturer, events)
        self._lux = LuxWatch(settings.lux, capturer, self._firing) if settings.lux else None
        sun = Sun(*settings.place) if settings.place else None
        self._sun, self._interval = sun, Interval(capturer, sun)
        capturer.knobs.tell(self._interval.changed)

    def work(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What must run, by task name."""
        body = {"triggers": self._firing.run(), "interval": self._interval.run()}
        if self._lux is not None:
            body["lux trigger"] = self._lux.run()
        if self._settings.gpio:
            body["pins"] = self._watch_pins()
        return body | self._alarms()

    def _alarms(self) -> dict[str, Coroutine[Any, Any, None]]:
        where = zone(self._settings.timezone)
        alarms: list[tuple[Trigger, Next]] = [
            (trigger, by_clock(trigger.cron, where)) for trigger in self._settings.schedule
        ]
        if self._sun is not None:
            alarms += [(trigger, self._sun.following(trigger)) for trigger in self._settings.sun]
        return {f"alarm {trigger.name}": self._ring(trigger, next_) for trigger, next_ in alarms}

    async def _ring(self, trigger: Trigger, following: Next) -> None:
        alarm = await asyncio.to_thread(partial(Alarm, following, time.time()))
        while True:
            await asyncio.sleep(alarm.pause(time.time()))
            if alarm.ring(time.time()):
                self._firing.fire(trigger, "schedule")

    async def _watch_pins(self) -> None:
        with ExitStack() as stack:
            for trigger in self._settings.gpio:
                pin = PinWatch(trigger, self._firing)
                stack.callback(pin.close)
                pin.open()
            await asyncio.Event().wait()
