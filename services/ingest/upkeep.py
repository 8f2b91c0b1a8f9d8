"""What is done once for the whole hub, however many workers share the images.

One worker does it; when that one ends another goes on.
"""

import asyncio
from contextlib import suppress

from lookout.host.run import forever
from lookout.store.client import TRANSIENT, Client, StoreError
from lookout.store.locks import lease
from lookout.store.replicas import replicas_in_touch
from services.ingest import metrics
from services.ingest.caps import CAP_SECONDS, Caps
from services.ingest.pressure import CHECK_SECONDS, Pressure
from services.ingest.rules import TELL_SECONDS, Rules
from services.ingest.settings import IngestSettings
from services.ingest.thinning import PASS_SECONDS, Thinning


async def upkeep(settings: IngestSettings, client: Client, pressure: Pressure) -> None:
    """Watch the memory and hold to the rules whenever it is our turn, until cancelled."""
    ourselves = f"{lease.who(settings.data)}:{settings.name}"
    while True:
        with suppress(lease.Lost):
            async with lease.held(client, "upkeep", ourselves):
                await _work(settings, client, pressure)


async def _work(settings: IngestSettings, client: Client, pressure: Pressure) -> None:
    limits = settings.ingest

    async def count_replicas() -> None:
        metrics.REPLICAS.set(await replicas_in_touch(client))

    steps = (
        ("memory", pressure.check, CHECK_SECONDS, TRANSIENT),
        ("replicas", count_replicas, CHECK_SECONDS, TRANSIENT),
        ("caps", Caps(client, limits).enforce, CAP_SECONDS, (StoreError,)),
        ("rules", Rules(client, limits).tell, TELL_SECONDS, (StoreError,)),
        ("thinning", Thinning(client, limits).work, PASS_SECONDS, (StoreError,)),
    )
    async with asyncio.TaskGroup() as group:
        for what, step, pause, on in steps:
            group.create_task(forever(what, step, pause=pause, on=on), name=what)
