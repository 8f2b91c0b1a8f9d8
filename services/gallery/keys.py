"""What every handler can ask the application for."""

from typing import Final

from aiohttp import web

from lookout.bus.caller import Caller
from lookout.bus.session import Session
from lookout.store.client import Client
from lookout.store.events import Events
from lookout.store.images import Images
from lookout.store.nodes import Nodes
from lookout.store.readings import Readings
from services.gallery.api.recent import Recent
from services.gallery.api.thumbnails import Thumbnails
from services.gallery.live.feed import Feed
from services.gallery.live.relay import Relays
from services.gallery.live.stream import Stream
from services.gallery.pages.drawn import Cards
from services.gallery.pages.tallies import Tallies
from services.gallery.settings import GallerySettings
from services.gallery.timelapse.jobs import Jobs
from services.gallery.web.auth import Door
from services.gallery.web.proxies import Proxies
from services.gallery.web.templating import Templates
from services.gallery.web.watch import RedisWatch

SETTINGS: Final = web.AppKey("settings", GallerySettings)
REDIS: Final = web.AppKey[Client]("redis")
SESSION: Final = web.AppKey("session", Session)
CALLER: Final = web.AppKey("caller", Caller)
IMAGES: Final = web.AppKey("images", Images)
NODES: Final = web.AppKey("nodes", Nodes)
READINGS: Final = web.AppKey("readings", Readings)
EVENTS: Final = web.AppKey("events", Events)
THUMBNAILS: Final = web.AppKey("thumbnails", Thumbnails)
TALLIES: Final = web.AppKey("tallies", Tallies)
RECENT: Final = web.AppKey("recent", Recent)
RELAYS: Final = web.AppKey("relays", Relays)
FEED: Final = web.AppKey("feed", Feed)
STREAM: Final = web.AppKey("stream", Stream)
TEMPLATES: Final = web.AppKey("templates", Templates)
FILMS: Final = web.AppKey("films", Jobs)
CARDS: Final = web.AppKey("cards", Cards)
PROXIES: Final = web.AppKey("proxies", Proxies)
WATCH: Final = web.AppKey("watch", RedisWatch)
DOOR: Final = web.AppKey("door", Door)
