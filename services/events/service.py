"""Log what every node did, and say who is there."""

import asyncio

from lookout.bus.events import EventBus
from lookout.bus.session import Session
from lookout.bus.subscription import Subscription
from lookout.contract.topics import BRIDGE_STATES, HUB, Topics
from lookout.host.run import forever
from lookout.store.client import TRANSIENT, Client, StoreError
from lookout.store.events import Events
from lookout.store.index import ensure_indexes
from lookout.store.nodes import Nodes
from services.events.bridges import Bridges
from services.events.dailylog import DailyLog
from services.events.homeassistant import show_hub
from services.events.homeassistant_bus import HomeAssistantBus
from services.events.presence import Presence
from services.events.recorder import Recorder
from services.events.settings import EventsSettings
from services.events.sweeping import LOOK_SECONDS, Sweeping

INDEX_SECONDS = 10.0
SILENCE_CHECKS = 10  # in each `silent_after`


async def run(settings: EventsSettings, session: Session, client: Client) -> None:
    """Serve until cancelled."""
    topics, kept = Topics(settings.mqtt.root), settings.events
    nodes = Nodes(client)
    log = DailyLog(settings.data / "logs", keep_days=kept.keep_days)
    there = HomeAssistantBus(settings.homeassistant)
    recorder = Recorder(topics, Events(client), nodes, log, kept.ttl, there.offer)
    bus = EventBus(session, topics, origin=HUB)
    presence = Presence(topics, nodes, bus, kept.silent_after)

    def subscribed(kind: str) -> Subscription:
        return session.subscribe(topics.every(kind), auto_ack=False)

    silence_pause = kept.silent_after / SILENCE_CHECKS
    sweeping = Sweeping(log, client)
    async with asyncio.TaskGroup() as group:
        group.create_task(
            forever("old log files", sweeping.look, pause=LOOK_SECONDS, on=(StoreError,)),
            name="old log files",
        )
        group.create_task(recorder.take(subscribed("event")), name="events")
        group.create_task(presence.take(subscribed("status")), name="statuses")
        group.create_task(presence.take(subscribed("info")), name="infos")
        group.create_task(Bridges(bus).take(session.subscribe(BRIDGE_STATES)), name="bridges")
        group.create_task(
            show_hub(settings.homeassistant, session, topics, client), name="home assistant"
        )
        group.create_task(there.run(), name="home assistant's bus")
        group.create_task(
            forever("silence", presence.look_for_silence, pause=silence_pause, on=TRANSIENT),
            name="silence",
        )
        group.create_task(
            forever(
                "search indexes", lambda: ensure_indexes(client), pause=INDEX_SECONDS, on=TRANSIENT
            ),
            name="indexes",
        )
