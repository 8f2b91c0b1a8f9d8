"""The hub as a device of Home Assistant: what it holds, and which of its services are there."""

import time
from dataclasses import dataclass, field

import lookout
from lookout.bus.subscription import Message
from lookout.contract.hub import HubInfo
from lookout.contract.topics import HUB
from lookout.homeassistant.announcer import Announcer
from lookout.homeassistant.discovery import described
from lookout.homeassistant.hub_entities import hub_components
from lookout.host.settings import HomeAssistant
from lookout.host.tasks import Crew, forever
from lookout.hub import Hub
from lookout.store.errors import StoreAway
from lookout.store.summary import summary
from services.events.rate import Rate

REFRESH_SECONDS = 30.0
NAME = "Lookout hub"


@dataclass(slots=True)
class HubDevice:
    """Announces the hub, and keeps what it says of itself up to date."""

    hub: Hub
    announcer: Announcer
    _rate: Rate = field(default_factory=Rate)
    _services: dict[str, bool] = field(default_factory=dict)  # False: it was removed

    async def run(self) -> None:
        """Announce until cancelled."""
        self._announce()
        statuses = self.hub.session.subscribe(self.hub.topics.every_hub_status())
        async with Crew() as crew:
            crew.start(self.announcer.follow(), "births of Home Assistant")
            crew.start(self.hub.intake.raw("hub services", statuses, self._note), "hub services")
            crew.start(
                forever("hub info", self.tell, pause=REFRESH_SECONDS, on=(StoreAway,)), "hub info"
            )

    async def tell(self) -> None:
        """Say what the hub holds. Raises StoreError."""
        found = await summary(self.hub.client, time.time())
        limit = found.memory.limit
        info = HubInfo(
            version=lookout.__version__,
            nodes=found.nodes,
            nodes_online=found.nodes_online,
            images=found.images,
            events_today=found.events_today,
            memory_used=found.memory.used,
            images_per_minute=self._rate.take(time.monotonic(), found.taken_in),
            memory_share=round(100 * found.memory.share, 1) if limit else None,
        )
        self.hub.session.post(self.hub.topics.hub_info(), info.encode(), retain=True)

    async def _note(self, message: Message) -> None:
        service = self.hub.topics.parse(message.topic).name or ""
        self._services[service] = message.payload != b""
        self._announce()

    def _announce(self) -> None:
        there = [service for service, kept in self._services.items() if kept]
        gone = [service for service, kept in self._services.items() if not kept]
        message = described(
            HUB,
            hub_components(self.hub.topics, there),
            status=self.hub.topics.hub_status("events"),
            about={"sw_version": lookout.__version__},
            called=NAME,
            gone={f"service_{service}": "binary_sensor" for service in gone},
        )
        self.announcer.announce(message)


async def show_hub(settings: HomeAssistant, hub: Hub) -> None:
    """Keep the hub's device as the settings say, until cancelled."""
    prefix, births = settings.prefix, settings.birth_topic
    announcer = Announcer(hub.session, HUB, prefix=prefix, birth_topic=births)
    if not settings.enabled:
        announcer.withdraw()
        return
    await HubDevice(hub, announcer).run()
