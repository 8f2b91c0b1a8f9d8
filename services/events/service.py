"""Log what every node did, and say who is there."""

from lookout.bus.subscription import Subscription
from lookout.contract.topics import BRIDGE_STATES
from lookout.host.tasks import Crew, forever
from lookout.hub import Hub
from lookout.store.client import TRANSIENT, StoreError
from lookout.store.events import Events
from lookout.store.nodes import Nodes
from services.events.bridges import Bridges
from services.events.dailylog import DailyLog
from services.events.homeassistant import show_hub
from services.events.homeassistant_bus import HomeAssistantBus
from services.events.presence import Presence
from services.events.recorder import Recorder
from services.events.settings import EventsSettings
from services.events.sweeping import LOOK_SECONDS, Sweeping

SILENCE_CHECKS = 10  # in each `silent_after`


async def run(settings: EventsSettings, hub: Hub) -> None:
    """Serve until cancelled."""
    kept, nodes = settings.events, Nodes(hub.client)
    log = DailyLog(settings.data / "logs", keep_days=kept.keep_days)
    home_assistant = HomeAssistantBus(settings.homeassistant)
    recorder = Recorder(Events(hub.client), nodes, log, kept.ttl, home_assistant.offer)
    presence = Presence(nodes, hub.events, kept.silent_after)
    bridges, states = Bridges(hub.events), hub.session.subscribe(BRIDGE_STATES)

    def every(kind: str) -> Subscription:
        return hub.session.subscribe(hub.topics.every(kind), auto_ack=False)

    silence_pause = kept.silent_after / SILENCE_CHECKS
    sweeping = Sweeping(log, hub.client)
    async with Crew() as crew:
        crew.start(
            forever("old log files", sweeping.look, pause=LOOK_SECONDS, on=(StoreError,)),
            "old log files",
        )
        crew.start(hub.intake.each("events", every("event"), recorder.handle), "events")
        crew.start(hub.intake.each("statuses", every("status"), presence.handle), "statuses")
        crew.start(hub.intake.each("infos", every("info"), presence.handle), "infos")
        crew.start(hub.intake.raw("bridges", states, bridges.handle), "bridges")
        crew.start(show_hub(settings.homeassistant, hub), "home assistant")
        crew.start(home_assistant.run(), "home assistant's bus")
        crew.start(hub.keep_indexes(), "indexes")
        crew.start(
            forever("silence", presence.look_for_silence, pause=silence_pause, on=TRANSIENT),
            "silence",
        )
