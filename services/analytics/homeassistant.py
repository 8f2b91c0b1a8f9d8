"""Zones in Home Assistant: whether there is something in one, and how many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from lookout.contract.watched import Zone
from lookout.homeassistant.announcer import Announcer
from lookout.homeassistant.zone_entities import ZONES, zones_of_node
from lookout.host.settings import HomeAssistant
from lookout.host.tasks import Crew
from lookout.hub import Hub
from lookout.store import keys
from lookout.store.client import transient
from services.analytics.rules import Rules


async def show_zones(settings: HomeAssistant, hub: Hub, rules: Rules) -> None:
    """Keep the zones of all nodes announced as they are, until cancelled; those gone taken out."""
    async with Crew() as crew:
        shown = _Shown(settings, hub, crew)
        while True:
            rules.changed.clear()
            zoned = {name: each.zones for name, each in rules.nodes.items() if each.zones}
            await shown.show(zoned if settings.enabled else {})
            await rules.changed.wait()


@dataclass(slots=True)
class _Shown:
    settings: HomeAssistant
    hub: Hub
    crew: Crew
    announcers: dict[str, Announcer] = field(default_factory=dict)
    said: dict[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)

    async def show(self, zoned: Mapping[str, Mapping[str, Zone]]) -> None:
        client = self.hub.client
        known = await transient(partial(client.smembers, keys.ZONED))
        for name in sorted({name.decode() for name in known} - zoned.keys()):
            self._announcer(name).withdraw()
            await transient(partial(client.srem, keys.ZONED, name))
        for name, zones in sorted(zoned.items()):
            await transient(partial(client.sadd, keys.ZONED, name))
            labels = {zone: each.labels for zone, each in zones.items()}
            before, self.said[name] = self.said.get(name, {}), labels
            message = zones_of_node(
                self.hub.topics, name, labels, status=self.hub.presence, gone=before
            )
            self._announcer(name).announce(message)

    def _announcer(self, name: str) -> Announcer:
        if name not in self.announcers:
            announcer = self.announcers[name] = Announcer(
                self.hub.session,
                f"{ZONES}{name}",
                prefix=self.settings.prefix,
                birth_topic=self.settings.birth_topic,
            )
            self.crew.start(announcer.follow(), f"births of Home Assistant for {name}")
        return self.announcers[name]
