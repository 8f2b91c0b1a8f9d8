"""Zones in Home Assistant: whether there is something in one, and how many."""

from collections.abc import Mapping
from functools import partial

from lookout.homeassistant.announcer import Announcer
from lookout.homeassistant.zone_entities import ZONES, zones_of_node
from lookout.host.settings import HomeAssistant
from lookout.host.tasks import Crew
from lookout.hub import Hub
from lookout.store import keys
from lookout.store.client import transient
from services.analytics.watched import Watched


async def show_zones(settings: HomeAssistant, hub: Hub, nodes: Mapping[str, Watched]) -> None:
    """Keep the zones of these nodes announced, until cancelled; those of others are taken out."""
    zoned = {name: rules.zones for name, rules in nodes.items() if rules.zones}
    shown = zoned if settings.enabled else {}
    known = await transient(partial(hub.client.smembers, keys.ZONED))
    gone = {name.decode() for name in known} - shown.keys()
    async with Crew() as crew:
        for name in sorted(shown.keys() | gone):
            announcer = Announcer(
                hub.session,
                f"{ZONES}{name}",
                prefix=settings.prefix,
                birth_topic=settings.birth_topic,
            )
            if name in gone:
                announcer.withdraw()
                await transient(partial(hub.client.srem, keys.ZONED, name))
                continue
            await transient(partial(hub.client.sadd, keys.ZONED, name))
            labels = {zone: each.labels for zone, each in shown[name].items()}
            announcer.announce(zones_of_node(hub.topics, name, labels, status=hub.presence))
            crew.start(announcer.follow(), f"births of Home Assistant for {name}")
