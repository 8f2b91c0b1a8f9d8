"""The web application: parts, middlewares and addresses put together."""

from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web

from lookout.bus.caller import Caller
from lookout.bus.session import Session
from lookout.store.client import Client
from lookout.store.events import Events
from lookout.store.images import Images
from lookout.store.nodes import Nodes
from lookout.store.readings import Readings
from services.gallery import keys, routes
from services.gallery.api import openapi, timelapse
from services.gallery.api.recent import Recent
from services.gallery.api.thumbnails import Thumbnails
from services.gallery.live.feed import Feed
from services.gallery.live.relay import Relays
from services.gallery.live.stream import Stream
from services.gallery.pages.drawn import Cards
from services.gallery.pages.fragments import Fragments
from services.gallery.pages.tallies import Tallies
from services.gallery.settings import GallerySettings
from services.gallery.timelapse.jobs import Jobs
from services.gallery.web import expect
from services.gallery.web.auth import Door
from services.gallery.web.middlewares import (
    answered,
    fenced,
    guarded,
    measured,
    prompt,
    secure_headers,
    situated,
)
from services.gallery.web.packing import packed
from services.gallery.web.proxies import Proxies
from services.gallery.web.templating import STATIC, Templates
from services.gallery.web.watch import RedisWatch

LARGEST_BODY: Final = 64 * 1024  # bytes; commands and passwords are small


def make_app(
    settings: GallerySettings, session: Session, redis: Client, caller: Caller
) -> web.Application:
    """The application; it starts nothing by itself."""
    expect.install()
    app = web.Application(
        middlewares=[packed, fenced, situated, measured, answered, guarded, prompt],
        client_max_size=LARGEST_BODY,
    )
    images, templates = Images(redis), Templates()
    app[keys.SETTINGS] = settings
    app[keys.REDIS] = redis
    app[keys.SESSION] = session
    app[keys.CALLER] = caller
    app[keys.IMAGES] = images
    app[keys.NODES] = Nodes(redis)
    app[keys.READINGS] = Readings(redis)
    app[keys.EVENTS] = Events(redis)
    app[keys.THUMBNAILS] = Thumbnails(images)
    app[keys.FILMS] = Jobs(
        settings.data / "timelapse", images, lambda asked: timelapse.of_film(app, asked)
    )
    app[keys.TALLIES] = Tallies(images)
    app[keys.RECENT] = Recent()
    app[keys.RELAYS] = Relays(app[keys.NODES], most_viewers=settings.gallery.viewers)
    app[keys.STREAM] = Stream(most_viewers=settings.gallery.viewers)
    app[keys.TEMPLATES] = templates
    app[keys.CARDS] = Cards(templates)
    app[keys.FEED] = Feed(
        app[keys.STREAM], images, app[keys.NODES], Fragments(templates), app[keys.RECENT]
    )
    app[keys.PROXIES] = Proxies(settings.gallery)
    app[keys.WATCH] = RedisWatch()
    app[keys.DOOR] = Door(settings.gallery)
    for prefix in {"", settings.gallery.prefix}:  # some proxies take the prefix away, some do not
        routes.add_all(app.router, prefix)
        app.router.add_get(f"{prefix}/api/openapi.json", openapi.openapi)
        app.router.add_static(prefix + templates.static_url, STATIC)
    app.on_response_prepare.append(secure_headers)
    app.on_shutdown.append(_end_streams)
    app.cleanup_ctx.append(_thumbnails)
    return app


async def _end_streams(app: web.Application) -> None:
    """Live pages would hold up the stop."""
    app[keys.STREAM].close()
    app[keys.RELAYS].close()


async def _thumbnails(app: web.Application) -> AsyncIterator[None]:
    yield
    await app[keys.THUMBNAILS].close()
    await app[keys.TALLIES].close()
