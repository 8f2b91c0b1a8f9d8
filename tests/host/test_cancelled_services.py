"""A service can be cancelled at any await that it reaches, and ends at once with all its tasks."""

import asyncio
import gc
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from lookout.embedded.ports import free_port
from lookout.host import tasks
from lookout.host.run import drain
from lookout.host.settings import Log
from lookout.host.settings import Redis as RedisSettings
from services.events.__main__ import main as events_main
from services.events.settings import EventsSettings
from services.gallery.__main__ import body as gallery_main
from services.gallery.settings import Gallery, GallerySettings
from services.ingest.__main__ import main as ingest_main
from services.ingest.settings import IngestSettings
from tests.support.servers import BrokerServer, StoreServer

# aiohttp leaves a listening socket to the collector when it is cancelled while it binds.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
END_SECONDS = 30.0  # a cancel that was swallowed would wait for ever
MOMENTS = range(0, 40, 8)  # turns of the event loop until the cancel
EVERY_MOMENT = range(240)

Main = Callable[[], Coroutine[Any, Any, None]]


@pytest.fixture
def mains(
    broker: BrokerServer, redis_server: StoreServer, data: Path, mqtt_settings: Callable[[str], Any]
) -> dict[str, Main]:
    """What each service of the hub runs."""
    common = {
        "mqtt": mqtt_settings("hub"),
        "redis": RedisSettings(url=redis_server.url),
        "data": data,
        "log": Log(level="error"),
    }
    ingest, events = IngestSettings(**common), EventsSettings(**common)
    return {
        "ingest": lambda: ingest_main(ingest),
        "events": lambda: events_main(events),
        "gallery": lambda: gallery_main(
            GallerySettings(**common, gallery=Gallery(port=free_port()))
        ),
    }


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "INSIST_SECONDS", 0.2)


async def cancelled_after(main: Main, turns: int) -> None:
    """Start it, let the loop turn so often, cancel it, and see that it ends."""
    task = asyncio.create_task(main(), name="service")
    for _ in range(turns):
        # A turn in which something happened: those without cost no time and reach nothing.
        await asyncio.sleep(0 if turns < 20 else 0.002)
    await drain(task, END_SECONDS)
    assert task.done(), f"not ended {END_SECONDS} s after a cancel at turn {turns}"
    assert task.cancelled() or task.exception() is None
    del task
    gc.collect()  # here, not in the middle of another test


@pytest.mark.parametrize("name", ["ingest", "events", "gallery"])
async def test_a_service_that_is_cancelled_ends(name: str, mains: dict[str, Main]) -> None:
    for turns in MOMENTS:
        await cancelled_after(mains[name], turns)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["ingest", "events", "gallery"])
async def test_a_service_ends_at_whatever_await_it_is_cancelled(
    name: str, mains: dict[str, Main]
) -> None:
    for turns in EVERY_MOMENT:
        await cancelled_after(mains[name], turns)
