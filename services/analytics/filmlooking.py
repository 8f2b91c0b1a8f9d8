"""Looks at films: the newest frame that there is, and what is seen goes into a stream."""

import json
import time
from dataclasses import dataclass, field
from typing import Final

from lookout.host import progress
from lookout.host.outage import Outage
from lookout.host.tasks import forever, stop_if_cancelled
from lookout.store.errors import StoreError
from lookout.store.films import Frame, FrameGroup, tell
from lookout.vision.objects.thing import people
from services.analytics import metrics
from services.analytics.eye import Eye
from services.analytics.rules import Rules
from services.analytics.zones import ANYWHERE, counted, that_count

PAUSE: Final = 1.0  # seconds, after an error of Redis


@dataclass(frozen=True, slots=True)
class FilmLooker:
    """The films of some nodes, shared with the other workers."""

    group: FrameGroup
    eye: Eye
    rules: Rules
    trouble: Outage = field(default_factory=lambda: Outage("looking at a film"))

    async def run(self) -> None:
        """Until cancelled."""
        await forever("looking at films", self._follow, pause=PAUSE, on=(StoreError,))

    async def _follow(self) -> None:
        await self.group.join()
        while True:
            progress.beat()
            films = await self.group.read()
            stop_if_cancelled()
            for frames in films:
                metrics.FRAMES_SKIPPED.inc(len(frames) - 1)  # a slow worker stays up to date
                await self._look(frames[-1])
                progress.beat()

    async def _look(self, frame: Frame) -> None:
        began = time.perf_counter()
        try:
            things = await self.eye.look(frame.jpeg)
        except Exception as error:  # of foreign code, about what others sent
            metrics.FAILED.inc()
            self.trouble.down(str(error) or type(error).__name__)
            return
        self.trouble.up()
        rules = self.rules.of(frame.node)
        things = that_count(things, rules)
        seen: dict[str, str | int | float] = {
            "frame": frame.id,
            "timestamp": frame.timestamp,
            "people": people(things),
            "labels": ",".join(thing.label for thing in things),
            "boxes": json.dumps([thing.box for thing in things], separators=(",", ":")),
            "zones": ",".join(name for name in counted(things, rules) if name != ANYWHERE),
            "detector": self.eye.name,
            "detect_ms": round((time.perf_counter() - began) * 1000, 1),
        }
        await tell(self.group.client, frame.node, seen)
        metrics.FRAMES_SEEN.inc()
