"""Take images and readings from MQTT to Redis; acknowledge after the write, confirm after the disk.

While Redis is away or full nothing is acknowledged: the broker and the spools hold.
"""

import asyncio

from lookout.bus.events import EventBus
from lookout.bus.session import Session
from lookout.contract.hub import IngestInfo
from lookout.contract.topics import HUB, Topics
from lookout.host.run import forever
from lookout.store.client import TRANSIENT, Client, StoreError, run_id
from lookout.store.images import Images
from lookout.store.index import ensure_indexes
from lookout.store.readings import Readings
from services.ingest.hubclock import HubClock, HubClockTeller, built_at, last_ran
from services.ingest.images import ImageIntake
from services.ingest.patience import Patience
from services.ingest.pressure import Pressure
from services.ingest.readings import ReadingIntake
from services.ingest.receipts import Receipts
from services.ingest.redating import WAITING_SECONDS, Redating
from services.ingest.refusals import Refusals
from services.ingest.room import Room
from services.ingest.settings import IngestSettings
from services.ingest.upkeep import Keeper

GROUP = "ingest"  # workers of one group share the messages
INDEX_SECONDS = 10.0  # a Redis that came back empty gets its indexes again after this


async def run(settings: IngestSettings, session: Session, client: Client) -> None:
    """Serve until cancelled."""
    topics, limits = Topics(settings.mqtt.root), settings.ingest
    # Before the first await, so that the broker knows of them before it hears `online`.
    image_messages, reading_messages = (
        session.subscribe(topics.shared(GROUP, topics.every(kind)), auto_ack=False)
        for kind in ("image", "reading")
    )
    patience = Patience(session, topics.hub_status(settings.name))
    events = EventBus(session, topics, origin=HUB)
    refusals = Refusals(client, events, patience)

    def tell(info: IngestInfo) -> None:
        session.post(topics.hub_info(settings.name), info.encode(), retain=True)

    pressure = Pressure(client, events, limits, tell)
    server_run = await patience.until_done(lambda: run_id(client))
    receipts = Receipts(
        session,
        topics,
        client,
        worker=limits.worker,
        run=server_run,
        replicas=settings.redis.replicas_needed,
    )
    ran = await patience.until_done(lambda: last_ran(client))
    clock = HubClock(limits, floor=max(ran, built_at()))
    redating = Redating(client, clock)
    images = ImageIntake(
        limits, topics, Images(client), Room(client, limits), patience, refusals, receipts, redating
    )
    teller = HubClockTeller(client, events, clock)
    readings = ReadingIntake(limits, topics, Readings(client), patience, refusals)

    async with asyncio.TaskGroup() as group:
        group.create_task(
            forever(
                "search indexes", lambda: ensure_indexes(client), pause=INDEX_SECONDS, on=TRANSIENT
            ),
            name="indexes",
        )
        group.create_task(
            forever("dating anew", redating.work, pause=WAITING_SECONDS, on=(StoreError,)),
            name="dating anew",
        )
        keeper = Keeper(settings, client, pressure, clock, teller, redating)
        group.create_task(keeper.upkeep(), name="upkeep")
        group.create_task(receipts.send_forever(), name="receipts")
        group.create_task(images.take(image_messages), name="images")
        group.create_task(readings.take(reading_messages), name="readings")
