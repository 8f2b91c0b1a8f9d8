"""Take images and readings from MQTT to Redis; acknowledge after the write, confirm after the disk.

While Redis is away or full nothing is acknowledged: the broker and the spools hold.
"""

from functools import partial

from prometheus_client import Counter

from lookout.bus.allowance import Allowances
from lookout.bus.floods import LOOK_SECONDS, Floods
from lookout.bus.own import own_group
from lookout.contract.hub import IngestInfo
from lookout.host.tasks import Crew, forever
from lookout.hub import Hub
from lookout.store.client import run_id
from lookout.store.errors import StoreError
from lookout.store.images import Images
from lookout.store.readings import Readings
from services.ingest import metrics
from services.ingest.hubclock import HubClock, HubClockTeller, built_at, last_ran
from services.ingest.images import ImageIntake
from services.ingest.make_room import counted_room
from services.ingest.pressure import Pressure
from services.ingest.readings import ReadingIntake
from services.ingest.receipts import Receipts
from services.ingest.redating import WAITING_SECONDS, Redating
from services.ingest.settings import IngestSettings
from services.ingest.upkeep import Keeper

SUBSCRIBED_SECONDS = 15.0  # in which a broker gives what it has retained
GROUP = "ingest"  # workers of one group share the messages


async def run(settings: IngestSettings, hub: Hub) -> None:
    """Serve until cancelled."""
    topics, session, client, limits = hub.topics, hub.session, hub.client, settings.ingest
    rules, group = settings.retention, own_group(settings.mqtt, GROUP)
    # Before the first await, so that the broker knows of them before it hears `online`.
    image_messages, reading_messages = (
        session.subscribe(topics.shared(group, topics.every(kind)), auto_ack=False, retained=False)
        for kind in ("image", "reading")
    )
    hub.waiting.on_change(partial(_say_if_waiting, hub))

    def tell(info: IngestInfo) -> None:
        session.post(topics.hub_info(settings.name), info.encode(), retain=True)

    pressure = Pressure(client, hub.events, rules, tell)
    server_run = await hub.waiting.until_done(lambda: run_id(client))
    receipts = Receipts(
        session,
        topics,
        client,
        worker=limits.worker,
        run=server_run,
        replicas=settings.redis.replicas_needed,
    )
    ran, ran_by = await hub.waiting.until_done(lambda: last_ran(client))
    clock = HubClock(limits, floor=max(ran, built_at()), ran_by=ran_by)
    redating = Redating(client, clock)
    room = counted_room(client, rules)
    floods, image_floods = (
        Floods(hub.events, kind, Allowances(allowed), partial(_count, counter))
        for kind, allowed, counter in (
            ("reading", limits.readings_of_node, metrics.TOO_MANY),
            ("image", limits.images_of_node, metrics.IMAGES_TOO_MANY),
        )
    )
    images = ImageIntake(
        limits,
        rules,
        topics,
        Images(client),
        room,
        hub.waiting,
        hub.quarantine,
        receipts,
        redating,
        hub.intake,
        image_floods,
        lambda: session.connected_for < SUBSCRIBED_SECONDS,
    )
    teller = HubClockTeller(client, hub.events, clock)
    readings = ReadingIntake(limits, rules, Readings(client), hub.waiting, floods)
    keeper = Keeper(settings, client, pressure, clock, teller, redating, room)

    async with Crew() as crew:
        crew.start(hub.keep_indexes(), "indexes")
        crew.start(
            forever("dating anew", redating.work, pause=WAITING_SECONDS, on=(StoreError,)),
            "dating anew",
        )
        crew.start(keeper.upkeep(), "upkeep")
        crew.start(receipts.send_forever(), "receipts")
        crew.start(images.take(image_messages), "images")
        for each in (floods, image_floods):
            what = f"floods of {each.kind}s"
            crew.start(forever(what, each.look, pause=LOOK_SECONDS, on=()), what)
        crew.start(hub.intake.each("readings", reading_messages, readings.handle), "readings")


def _say_if_waiting(hub: Hub, waiting: bool) -> None:
    """While Redis takes no writes we are `offline`, so that nodes do not send again."""
    metrics.WAITING.set(waiting)
    hub.say("offline" if waiting else "online")


def _count(counter: Counter, node: str) -> None:
    counter.labels(node).inc()
