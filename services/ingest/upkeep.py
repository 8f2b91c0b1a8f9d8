"""What is done once for the whole hub, however many workers share the images.

One worker does it; when that one ends another goes on.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from lookout.host.tasks import Crew, forever
from lookout.store.client import Client
from lookout.store.errors import StoreAway, StoreError
from lookout.store.locks import lease
from lookout.store.replicas import replicas_in_touch
from lookout.store.retention.room import Room
from services.ingest import metrics
from services.ingest.caps import CAP_SECONDS, Caps
from services.ingest.hubclock import LOOK_SECONDS, HubClock, HubClockTeller
from services.ingest.make_room import LOOK_SECONDS as ROOM_SECONDS
from services.ingest.pressure import CHECK_SECONDS, Pressure
from services.ingest.redating import Redating
from services.ingest.rollups import PASS_SECONDS as ROLL_UP_SECONDS
from services.ingest.rollups import Rollups
from services.ingest.rules import TELL_SECONDS, Rules
from services.ingest.settings import IngestSettings
from services.ingest.thinning import PASS_SECONDS, Thinning

PATIENCE: Final = 120.0  # seconds that a step may take without a sign: a query over all images

Step = Callable[[], Awaitable[None]]
Errors = tuple[type[StoreError], ...]


@dataclass(frozen=True, slots=True)
class Keeper:
    """All that it needs."""

    settings: IngestSettings
    client: Client
    pressure: Pressure
    clock: HubClock
    teller: HubClockTeller
    redating: Redating
    room: Room

    async def upkeep(self) -> None:
        """Watch the memory and enforce the rules whenever it is our turn, until cancelled."""
        ourselves = f"{lease.who(self.settings.data)}:{self.settings.name}"
        while True:
            with suppress(lease.Lost):
                async with lease.held(self.client, "upkeep", ourselves):
                    await self._work()

    async def _work(self) -> None:
        async with Crew() as crew:
            for what, (step, pause, on) in self.steps().items():
                crew.start(forever(what, step, pause=pause, on=on, patience=PATIENCE), what)

    def steps(self) -> dict[str, tuple[Step, float, Errors]]:
        """Each by its name: what is done, how many seconds apart, and after which errors again."""
        client, rules = self.client, self.settings.retention
        caps, thinning = Caps(client, rules).enforce, Thinning(client, rules).work
        rollups = Rollups(client, rules).work
        return {
            "clock": (self.teller.tell, LOOK_SECONDS, (StoreError,)),
            "dates": (self.redating.follow, LOOK_SECONDS, (StoreError,)),
            "memory": (self.pressure.check, CHECK_SECONDS, (StoreAway,)),
            "room": (self.room.look, ROOM_SECONDS, (StoreError,)),
            "replicas": (self._count_replicas, CHECK_SECONDS, (StoreAway,)),
            "caps": (self._unless_in_doubt(caps), CAP_SECONDS, (StoreError,)),
            "rules": (Rules(client, rules).tell, TELL_SECONDS, (StoreError,)),
            "rollups": (self._unless_in_doubt(rollups), ROLL_UP_SECONDS, (StoreError,)),
            "thinning": (self._unless_in_doubt(thinning), PASS_SECONDS, (StoreError,)),
        }

    def _unless_in_doubt(self, step: Step) -> Step:
        """What removes by age waits while nobody knows what is old."""

        async def work() -> None:
            if not self.clock.look():
                await step()

        return work

    async def _count_replicas(self) -> None:
        metrics.REPLICAS.set(await replicas_in_touch(self.client))
