"""Take images from the stream, look at them, write what is seen. Workers share one group."""

from typing import Final

from lookout.host import progress
from lookout.host.tasks import Crew
from lookout.hub import Hub
from lookout.store import keys
from lookout.store.client import transient
from lookout.store.films import FilmStream, FrameGroup
from lookout.store.groups import Group
from lookout.store.nodes import Nodes
from lookout.store.series import Series
from lookout.vision.objects.thing import Detector
from services.analytics.eye import Eye
from services.analytics.filmlooking import FilmLooker
from services.analytics.frames import Filmer
from services.analytics.gate import Gate
from services.analytics.homeassistant import show_zones
from services.analytics.inflow import Inflow
from services.analytics.looking import Looker
from services.analytics.rules import Rules
from services.analytics.settings import AnalyticsSettings
from services.analytics.telling import Teller

GROUP: Final = "analytics"


async def run(settings: AnalyticsSettings, hub: Hub, detector: Detector) -> None:
    """Serve until cancelled."""
    group = Group(hub.client, keys.IMAGES_STREAM, GROUP, settings.name)
    await transient(group.join)
    limits = settings.analytics
    inflow = Inflow(group, limits)
    teller = Teller(hub.session, hub.topics, hub.events)
    rules = Rules(hub.client, limits.nodes)
    speaks = limits.worker == 1  # one says it for all
    await rules.begin(tell=speaks)
    eye = Eye(detector)
    gate = Gate(hub.client, limits.least_motion)
    looker = Looker(group, eye, limits, rules, gate, teller, Series(hub.client))
    async with Crew() as crew:
        crew.start(hub.keep_indexes(), "indexes")
        crew.start(rules.follow(), "zones")
        if speaks:
            crew.start(show_zones(settings.homeassistant, hub, rules), "home assistant")
            for node, film in limits.films.items():
                stream = FilmStream(hub.client, node, film.memory)
                filmer = Filmer(Nodes(hub.client), stream, film.rate)
                crew.start(filmer.run(), f"film of {node}")
        looked_at = tuple(name for name, film in limits.films.items() if film.look)
        if looked_at:
            frames = FrameGroup(hub.client, looked_at, GROUP, group.consumer)
            crew.start(FilmLooker(frames, eye, rules).run(), "looking at films")
        crew.start(look(inflow, looker), "looking")


async def look(inflow: Inflow, looker: Looker) -> None:
    """Look at one image after the other, for ever."""
    with progress.watched("looking") as work:
        while True:
            work.beat()
            for entry in await inflow.next():
                seconds = await looker.handle(entry)
                if seconds is not None:
                    inflow.took(seconds)
                work.beat()
