"""GET /api/stream: what happens now, as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestServer

from lookout.bus.events import EventBus
from lookout.bus.session import Session
from lookout.contract.topics import Topics
from lookout.host.settings import Broker
from services.gallery import keys
from services.gallery.live.stream import QUEUE_LENGTH, Stream, always
from tests.gallery.conftest import StartGallery, Web
from tests.support.waiting import eventually

NOON = 1_700_000_000_000
TOPICS = Topics()
Store = Callable[..., Awaitable[Any]]


async def messages(response: ClientResponse) -> AsyncIterator[tuple[str, Any]]:
    """Each message as (kind, data)."""
    kind = ""
    async for line in response.content:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            yield kind, json.loads(value)


def application(gallery: Web) -> web.Application:
    assert isinstance(gallery.server, TestServer)
    return gallery.server.app


async def next_of(stream: AsyncIterator[tuple[str, Any]], wanted: str) -> Any:
    async with asyncio.timeout(10):
        async for kind, data in stream:
            if kind == wanted:
                return data
    raise AssertionError(f"the stream ended without a message of kind {wanted}")


@pytest.fixture
async def live(gallery: Web) -> AsyncIterator[AsyncIterator[tuple[str, Any]]]:
    """The messages of a viewer who has just come; feeds are under way."""
    response = await gallery.get("/api/stream")
    assert response.content_type == "text/event-stream"
    yield messages(response)
    response.close()


@pytest.fixture
async def garden(mqtt_settings: Callable[[str], Broker]) -> AsyncIterator[Session]:
    async with Session(mqtt_settings("garden"), "garden", presence=TOPICS.status("garden")) as node:
        await node.connected()
        yield node


async def test_a_new_image_arrives_as_the_api_shows_it(
    gallery: Web, live: AsyncIterator[tuple[str, Any]], store: Store
) -> None:
    # The feed begins with what is stored after it has looked: store until one comes.
    arrival = asyncio.create_task(next_of(live, "image"))
    number = 0
    while not arrival.done():
        number += 1
        await store("garden", NOON + number, lux=5.0)
        await asyncio.wait({arrival}, timeout=0.2)
    image = await arrival

    shown = await (await gallery.get(f"/api/images/{image['id']}")).json()
    del shown["expires_in"]
    assert image == shown


async def test_a_node_that_comes_and_goes_is_told(
    live: AsyncIterator[tuple[str, Any]], garden: Session
) -> None:
    online = await next_of(live, "node")
    assert (online["node"], online["status"]) == ("garden", "online")

    await garden.publish(TOPICS.reading("garden"), '{"timestamp": 5, "lux": 7}', retain=True)
    reading = await next_of(live, "node")
    assert reading["last_reading"] == {"timestamp": 5.0, "lux": 7.0}

    await garden.publish(TOPICS.info("garden"), '{"spool_depth": 3}', retain=True)
    info = await next_of(live, "node")
    assert info["info"]["spool_depth"] == 3


async def test_nonsense_on_the_bus_is_skipped(
    live: AsyncIterator[tuple[str, Any]], garden: Session
) -> None:
    await next_of(live, "node")
    await garden.publish(TOPICS.status("garden"), "perhaps")
    await garden.publish(TOPICS.reading("garden"), '{"lux": NaN}')
    await garden.publish(TOPICS.info("garden"), '{"spool_depth": 9}')

    assert (await next_of(live, "node"))["info"]["spool_depth"] == 9


async def test_an_event_is_told_in_words(
    live: AsyncIterator[tuple[str, Any]], garden: Session
) -> None:
    fired = EventBus(garden, TOPICS, origin="garden").fire("motion_started", {"area": 0.2})

    event = await next_of(live, "event")

    assert event["id"] == fired.ulid(TOPICS.event("garden", "motion_started"))
    assert (event["node"], event["event_type"]) == ("garden", "motion_started")
    assert event["words"] == "Something moves at garden"
    assert event["data"] == {"area": 0.2}
    assert event["context_id"] == fired.context.id


def test_a_viewer_that_is_too_slow_is_told_to_load_again() -> None:
    stream = Stream(most_viewers=2)
    with stream.watched("") as slow, stream.watched("") as quick:
        for number in range(QUEUE_LENGTH + 1):
            stream.send("image", always({"number": number}))
            asyncio.run(quick.take(1))
        received = asyncio.run(slow.take(1))

    assert received == b"event: resync\ndata: {}\n\n"


async def test_there_are_only_so_many_viewers(start_gallery: StartGallery) -> None:
    gallery = await start_gallery(viewers=1)
    first = await gallery.get("/api/stream")

    second = await gallery.get("/api/stream")

    assert second.status == 503
    assert "VIEWERS" in (await second.json(content_type="application/problem+json"))["detail"]
    first.close()


async def test_a_viewer_who_has_gone_is_forgotten(gallery: Web) -> None:
    stream = application(gallery)[keys.STREAM]
    response = await gallery.get("/api/stream")
    await eventually(lambda: len(stream) == 1)

    response.close()

    def gone() -> bool:
        stream.send(
            "event", always({"text": "x" * 100_000})
        )  # noticed when there is something to say
        return len(stream) == 0

    await eventually(gone)


async def test_live_pages_end_with_the_gallery(gallery: Web) -> None:
    response = await gallery.get("/api/stream")
    stream = application(gallery)[keys.STREAM]
    await eventually(lambda: len(stream) == 1)

    async with asyncio.timeout(5):
        stream.close()
        await response.read()

    assert len(stream) == 0
