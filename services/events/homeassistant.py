"""The hub as a device of Home Assistant: what it holds, and which of its services are there."""

import asyncio
import time
from dataclasses import dataclass, field

import lookout
from lookout.bus.session import Session
from lookout.contract.errors import BadTopic
from lookout.contract.hub import HubInfo
from lookout.contract.topics import HUB, Topics
from lookout.homeassistant.announcer import Announcer
from lookout.homeassistant.discovery import described
from lookout.homeassistant.hub_entities import hub_components
from lookout.host.run import forever
from lookout.host.settings import HomeAssistant
from lookout.store.client import TRANSIENT, Client
from lookout.store.summary import summary
from services.events.rate import Rate

REFRESH_SECONDS = 30.0
NAME = "Lookout hub"


@dataclass(slots=True)
class HubDevice:
    """Announces the hub, and keeps what it says of itself up to date."""

    session: Session
    topics: Topics
    client: Client
    announcer: Announcer
    _rate: Rate = field(default_factory=Rate)
    _services: dict[str, bool] = field(default_factory=dict)  # False: it was removed

    async def run(self) -> None:
        """Announce until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.announcer.follow(), name="births of Home Assistant")
            group.create_task(self._follow_services(), name="hub services")
            group.create_task(
                forever("hub info", self.tell, pause=REFRESH_SECONDS, on=TRANSIENT), name="hub info"
            )

    async def tell(self) -> None:
        """Say what the hub holds. Raises StoreError."""
        found = await summary(self.client, time.time())
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
        self.session.post(self.topics.hub_info(), info.encode(), retain=True)

    async def _follow_services(self) -> None:
        self._announce()
        async for message in self.session.subscribe(self.topics.every_hub_status()):
            try:
                service = self.topics.parse(message.topic).name or ""
            except BadTopic:
                continue
            self._services[service] = message.payload != b""
            self._announce()

    def _announce(self) -> None:
        there = [service for service, kept in self._services.items() if kept]
        gone = [service for service, kept in self._services.items() if not kept]
        message = described(
            HUB,
            hub_components(self.topics, there),
            status=self.topics.hub_status("events"),
            about={"sw_version": lookout.__version__},
            called=NAME,
            gone={f"service_{service}": "binary_sensor" for service in gone},
        )
        self.announcer.announce(message)


async def show_hub(
    settings: HomeAssistant, session: Session, topics: Topics, client: Client
) -> None:
    """Keep the hub's device as the settings say, until cancelled."""
    announcer = Announcer(session, HUB, prefix=settings.prefix, birth_topic=settings.birth_topic)
    if not settings.enabled:
        announcer.withdraw()
        return
    await HubDevice(session, topics, client, announcer).run()
