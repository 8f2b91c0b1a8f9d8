"""Log what every node did, and say who is there."""

from lookout.bus.allowance import Allowances
from lookout.bus.errors import BusError
from lookout.bus.floods import LOOK_SECONDS, Floods
from lookout.bus.subscription import Subscription
from lookout.contract.topics import BRIDGE_STATES
from lookout.host.tasks import Crew, forever
from lookout.hub import Hub
from lookout.store.errors import StoreAway, StoreError
from lookout.store.events import Events
from lookout.store.nodes import Nodes
from lookout.store.retention import rules as retention
from lookout.store.retention.room import Room
from services.events import brokerdrops, metrics
from services.events import retained as retaining
from services.events import sweeping as sweeps
from services.events.bridges import Bridges
from services.events.brokerdrops import BrokerDrops
from services.events.dailylog import DailyLog
from services.events.homeassistant import show_hub
from services.events.homeassistant_bus import HomeAssistantBus
from services.events.presence import Presence
from services.events.recorder import Recorder
from services.events.retained import Retained
from services.events.sequence import LOOK_SECONDS as LOST_SECONDS
from services.events.sequence import Sequence as Numbers
from services.events.settings import EventsSettings

SILENCE_CHECKS = 10  # in each `silent_after`


async def run(settings: EventsSettings, hub: Hub) -> None:
    """Serve until cancelled."""
    kept, nodes = settings.events, Nodes(hub.client)
    log = DailyLog(settings.data / "logs", keep_days=kept.keep_days)
    home_assistant = HomeAssistantBus(settings.homeassistant)
    floods = Floods(hub.events, "event", Allowances(kept.of_node), _count)
    numbers = Numbers(hub.events)
    recorder = Recorder(
        hub.intake,
        Events(hub.client),
        log,
        floods,
        Allowances(kept.of_node),
        numbers,
        Room(hub.client, lambda: retention.load(hub.client)),
        kept.ttl,
        kept.routine_ttl,
        kept.batch,
        home_assistant.offer,
        hub.events.fire,
    )
    presence = Presence(nodes, hub.events, kept.silent_after)
    drops, counts = BrokerDrops(hub.events), hub.session.subscribe(brokerdrops.TOPIC)
    retained, held = (
        Retained(settings.mqtt, hub.topics, hub.events),
        hub.session.subscribe(retaining.TOPIC),
    )
    bridges, states = Bridges(hub.events), hub.session.subscribe(BRIDGE_STATES)

    def every(kind: str, *, retained: bool = True) -> Subscription:
        return hub.session.subscribe(hub.topics.every(kind), auto_ack=False, retained=retained)

    silence_pause = kept.silent_after / SILENCE_CHECKS
    sweeping = sweeps.Sweeping(log, hub.client)
    async with Crew() as crew:
        crew.start(
            forever("old log files", sweeping.look, pause=sweeps.LOOK_SECONDS, on=(StoreError,)),
            "old log files",
        )
        crew.start(recorder.take(every("event", retained=False)), "events")
        crew.start(forever("lost events", numbers.look, pause=LOST_SECONDS, on=()), "lost events")
        crew.start(forever("floods", floods.look, pause=LOOK_SECONDS, on=()), "floods")
        crew.start(hub.intake.each("statuses", every("status"), presence.handle), "statuses")
        crew.start(hub.intake.each("infos", every("info"), presence.handle), "infos")
        crew.start(hub.intake.raw("broker's drops", counts, drops.handle), "broker's drops")
        crew.start(
            forever("drops", drops.look, pause=brokerdrops.LOOK_SECONDS, on=()), "end of drops"
        )
        crew.start(hub.intake.raw("retained messages", held, retained.handle), "retained messages")
        crew.start(
            forever(
                "retained",
                retained.look,
                pause=retaining.LOOK_SECONDS,
                on=(BusError,),
                patience=300,
            ),
            "retained",
        )
        crew.start(hub.intake.raw("bridges", states, bridges.handle), "bridges")
        crew.start(show_hub(settings.homeassistant, hub), "home assistant")
        crew.start(home_assistant.run(), "home assistant's bus")
        crew.start(hub.keep_indexes(), "indexes")
        crew.start(
            forever("silence", presence.look_for_silence, pause=silence_pause, on=(StoreAway,)),
            "silence",
        )


def _count(node: str) -> None:
    metrics.TOO_MANY.labels(node).inc()
