"""Serve the gallery: the application, and the tasks that feed its live pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog
from aiohttp import web

from lookout.bus.caller import Caller
from lookout.bus.intake import Ignored, Intake
from lookout.bus.session import Session
from lookout.contract.topics import Topics
from lookout.host.run import Unusable
from lookout.host.settings import SettingsError
from lookout.host.tasks import Crew, forever
from lookout.store.client import Client, wait_ready
from lookout.store.errors import StoreAway, StoreError
from lookout.store.index import ensure_indexes
from services.gallery import keys
from services.gallery.app import make_app
from services.gallery.settings import Gallery, GallerySettings
from services.gallery.web.crowd import CrowdSite, room_for_connections
from services.gallery.web.serverlog import server_logger

INDEX_SECONDS: Final = 10.0  # a Redis that came back empty gets its indexes again after this
FEED_PAUSE: Final = 1.0  # seconds
SHUTDOWN_SECONDS: Final = 3.0

logger = structlog.get_logger()


async def run(settings: GallerySettings, session: Session, redis: Client) -> None:
    """Serve until cancelled. Raises Unusable when it cannot listen, or Redis cannot search."""
    caller = Caller(session, Topics(settings.mqtt.root))
    app = make_app(settings, session, redis, caller)
    async with _listening(app, settings.gallery):
        try:
            async with Crew() as crew:
                start_feeds(crew, app)
                crew.start(app[keys.WATCH].run(settings.redis), "watch over Redis")
                crew.start(_keep_indexes(settings, redis), "indexes")
        except* SettingsError as errors:
            raise Unusable(str(errors.exceptions[0])) from None


def start_feeds(crew: Crew, app: web.Application) -> None:
    """The tasks by which live pages and commands hear of the world."""
    redis, session, feed = app[keys.REDIS], app[keys.SESSION], app[keys.FEED]
    topics = Topics(app[keys.SETTINGS].mqtt.root)
    intake = Intake(topics, Ignored())
    session.on_connect(app[keys.STREAM].resync)  # what was said meanwhile has been missed
    images = forever("images", lambda: feed.images(redis), pause=FEED_PAUSE, on=(StoreError,))
    crew.start(images, "images")
    crew.start(app[keys.FILMS].run(), "time-lapses")
    crew.start(app[keys.CALLER].listen(), "results")
    crew.start(_stay_online(session, topics), "presence")
    handlers = {"event": feed.event, **dict.fromkeys(("status", "info", "reading"), feed.node_news)}
    for kind, handle in handlers.items():
        messages = session.subscribe(topics.every(kind), retained=kind != "event")
        crew.start(intake.each(kind, messages, handle), f"news: {kind}")


async def _stay_online(session: Session, topics: Topics) -> None:
    """Galleries share one presence topic: say again that one is here when another has left."""
    presence = topics.hub_status("gallery")
    async for message in session.subscribe(presence):
        if message.payload == b"offline":
            session.post(presence, "online", retain=True)


async def _keep_indexes(settings: GallerySettings, redis: Client) -> None:
    await wait_ready(redis, settings.redis)
    await forever(
        "search indexes", lambda: ensure_indexes(redis), pause=INDEX_SECONDS, on=(StoreAway,)
    )


@asynccontextmanager
async def _listening(app: web.Application, gallery: Gallery) -> AsyncIterator[None]:
    runner = web.AppRunner(
        app, access_log=None, logger=server_logger(), shutdown_timeout=SHUTDOWN_SECONDS
    )
    await runner.setup()
    try:
        try:
            await CrowdSite(runner, gallery.host, gallery.port, room_for_connections).start()
        except OSError as error:
            raise Unusable(
                f"cannot listen on {gallery.host}:{gallery.port}: {error.strerror or error}. "
                "Set LOOKOUT_GALLERY__PORT to a free one."
            ) from None
        logger.info("the gallery is open", url=_url(gallery, runner))
        yield
    finally:
        await runner.cleanup()


def _url(gallery: Gallery, runner: web.AppRunner) -> str:
    host = f"[{gallery.host}]" if ":" in gallery.host else gallery.host
    return f"http://{host}:{runner.addresses[0][1]}/"
