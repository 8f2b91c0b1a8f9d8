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
from lookout.store.retention.removal import Victim, remove
from services.gallery import keys
from services.gallery.live.stream import KEPT, Stream, always
from services.gallery.live.viewer import QUEUE_LENGTH, Form
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


async def next_of(stream: AsyncIterator[tuple[str, Any]], wanted: str, **has: Any) -> Any:
    async with asyncio.timeout(30):
        async for kind, data in stream:
            if kind == wanted and has.items() <= data.items():
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


async def settled(live: AsyncIterator[tuple[str, Any]], store: Store) -> Any:
    """The feed begins with what is stored after it has looked: store until one comes."""
    arrival = asyncio.create_task(next_of(live, "image"))
    number = 0
    while not arrival.done():
        number += 1
        await store("garden", NOON - number, lux=5.0)
        await asyncio.wait({arrival}, timeout=0.2)
    return await arrival


async def test_a_new_image_arrives_as_the_api_shows_it(
    gallery: Web, live: AsyncIterator[tuple[str, Any]], store: Store
) -> None:
    image = await settled(live, store)

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
    with stream.watched(Form()) as slow, stream.watched(Form()) as quick:
        for number in range(QUEUE_LENGTH + 1):
            stream.send("image", always({"number": number}))
            asyncio.run(quick.take(1))
        received = asyncio.run(slow.take(1))

    assert received.startswith(f"id: {stream.place}\nevent: resync\n".encode())
    assert received.count(b"event:") == 1


def test_what_is_said_between_drawing_and_opening_is_said_again() -> None:
    stream = Stream(most_viewers=2)
    stream.send("image", always({"number": 0}))  # the page's list has it
    place = stream.drawn()
    stream.send("image", always({"number": 1}))
    stream.send("event", always({"number": 2}))

    with stream.watched(Form(), after=place, wants=lambda kind, _: kind == "image") as viewer:
        received = asyncio.run(viewer.take(1))

    assert received.count(b"event:") == 1
    assert b'data: {"number":1}' in received


def test_who_loses_the_line_goes_on_where_it_broke() -> None:
    stream = Stream(most_viewers=2)
    with stream.watched(Form()) as viewer:
        stream.send("image", always({"number": 1}))
        heard = asyncio.run(viewer.take(1)).split(b"\n")[0].removeprefix(b"id: ").decode()
    stream.send("image", always({"number": 2}))
    stream.send("image", always({"number": 3}))

    with stream.watched(Form(), after=heard) as again:
        received = asyncio.run(again.take(1))

    assert [line for line in received.split(b"\n") if line.startswith(b"data")] == [
        b'data: {"number":2}',
        b'data: {"number":3}',
    ]


@pytest.mark.parametrize("gap", ["another process", "too long ago", "nobody listened", "resync"])
def test_what_cannot_be_said_again_is_told_as_that(gap: str) -> None:
    stream = Stream(most_viewers=2)
    place = "0123abcd-0" if gap == "another process" else stream.drawn()
    if gap == "too long ago":
        for number in range(KEPT + 1):
            stream.send("image", always({"number": number}))
    elif gap == "nobody listened":
        stream.skip()
    elif gap == "resync":
        stream.resync()
        stream.send("image", always({"number": 1}))

    with stream.watched(Form(), after=place) as viewer:
        received = asyncio.run(viewer.take(1))

    assert b"event: resync" in received
    assert received.count(b"event:") == 1


def test_a_message_that_cannot_be_made_costs_nobody_anything() -> None:
    stream = Stream(most_viewers=1)

    def fails(_: Form) -> dict[str, Any]:
        raise ValueError("a hash that somebody else wrote")

    with stream.watched(Form()) as viewer:
        stream.send("image", fails)
        stream.send("image", always({"number": 2}))
        assert b'"number":2' in asyncio.run(viewer.take(1))


async def test_a_page_hears_of_what_was_stored_since_it_was_drawn(
    gallery: Web, live: AsyncIterator[tuple[str, Any]], store: Store
) -> None:
    await settled(live, store)
    drawn = await (await gallery.get("/")).text()
    place = drawn.split('data-place="')[1].split('"')[0]
    await store("porch", NOON + 1, lux=7)
    await store("garden", NOON + 2, lux=120)
    await next_of(live, "image", id=f"garden:{NOON + 2}")

    asked = {"after": place, "html": "1", "kinds": "image", "lux": "100..200"}
    response = await gallery.get("/api/stream", params=asked)

    image = await next_of(messages(response), "image")
    assert image["id"] == f"garden:{NOON + 2}"
    assert f'href="/images/garden:{NOON + 2}"' in image["html"]
    response.close()


async def test_the_card_of_the_stream_is_the_card_of_the_page(
    gallery: Web, live: AsyncIterator[tuple[str, Any]], store: Store
) -> None:
    await settled(live, store)
    response = await gallery.get("/api/stream", params={"html": "1", "kinds": "image"})
    await store("porch", NOON + 9, lux=5.5, temperature=-3.0, trigger="motion")

    image = await next_of(messages(response), "image", id=f"porch:{NOON + 9}")

    page = await (await gallery.get("/?node=porch")).text()
    assert image["html"].strip() in page.replace("?node=porch", "")  # where its neighbours are
    response.close()


async def test_a_picture_is_told_again_when_something_was_seen_in_it(
    gallery: Web, live: AsyncIterator[tuple[str, Any]], store: Store, redis: Any
) -> None:
    await settled(live, store)
    response = await gallery.get("/api/stream", params={"label": "dog"})
    image = await store("porch", NOON + 1)
    await next_of(live, "image", id=image.id)
    await redis.hset(f"image:{image.id}", mapping={"people": 0, "labels": "dog"})

    await redis.xadd("changes", {"what": "seen", "ids": image.id})

    assert (await next_of(messages(response), "image"))["labels"] == "dog"
    response.close()


@pytest.mark.parametrize("by", ["the gallery", "a rule"])
async def test_who_has_a_page_open_is_told_what_is_deleted(
    gallery: Web, live: AsyncIterator[tuple[str, Any]], store: Store, redis: Any, by: str
) -> None:
    await settled(live, store)
    image = await store("porch", NOON + 1)
    await next_of(live, "image", id=image.id)

    if by == "the gallery":
        await gallery.delete(f"/api/images/{image.id}")
    else:
        await remove(redis, [Victim(image.id, 0)])

    assert await next_of(live, "deleted") == {"ids": [image.id]}


async def test_the_bus_is_believed_before_the_store_knows(
    gallery: Web, live: AsyncIterator[tuple[str, Any]], garden: Session
) -> None:
    await next_of(live, "node")
    response = await gallery.get("/api/stream", params={"html": "1", "kinds": "node"})
    await garden.publish(TOPICS.reading("garden"), '{"timestamp": 5, "lux": 7}', retain=True)

    news = await next_of(messages(response), "node")

    assert "<dd>7 lx</dd>" in news["html"]  # no service here writes it to the store
    assert 'data-status="online"' in news["html"]
    response.close()


async def test_a_place_that_is_none_is_told_as_a_gap(gallery: Web) -> None:
    response = await gallery.get("/api/stream", headers={"Last-Event-ID": "1700-0"})

    async with asyncio.timeout(30):
        async for line in response.content:
            if line.startswith(b"event"):
                break
    assert line == b"event: resync\n"
    response.close()


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

    async with asyncio.timeout(30):
        stream.close()
        await response.read()

    assert len(stream) == 0
