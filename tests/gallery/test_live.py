"""The nodes' live views through the gallery: one connection to a node, its secret kept here."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest

from lookout.store.nodes import Nodes
from lookout.video.frames import Frames
from services.gallery.live import relay
from tests.gallery.conftest import StartGallery, Web
from tests.gallery.filming import NOW, SECRET, Camera, filming
from tests.support.pictures import plain_jpeg
from tests.support.waiting import eventually


@pytest.fixture
async def camera(redis: Any) -> AsyncIterator[Camera]:
    """The node `garden`, which can be watched."""
    async with filming(redis) as camera:
        yield camera


async def frame(answer: aiohttp.ClientResponse) -> bytes:
    part = await aiohttp.MultipartReader.from_response(answer).next()
    assert isinstance(part, aiohttp.BodyPartReader)
    return bytes(await part.read())


async def test_one_connection_to_the_node_serves_every_viewer(gallery: Web, camera: Camera) -> None:
    async with AsyncExitStack() as stack:
        for path in [*["/nodes/garden/live"] * 12, *["/api/live?node=garden"] * 3]:
            film = await stack.enter_async_context(gallery.get(path))
            assert film.content_type == "multipart/x-mixed-replace"
            assert await frame(film) == plain_jpeg()
        assert (camera.connected, camera.ever) == (1, 1)
    await eventually(lambda: camera.connected == 0)


async def test_there_are_no_more_viewers_than_are_allowed(
    start_gallery: StartGallery, camera: Camera
) -> None:
    gallery = await start_gallery(viewers=1)
    async with gallery.get("/api/live?node=garden") as film:
        await frame(film)
        assert (await gallery.get("/nodes/garden/live")).status == 503
    await eventually(lambda: camera.connected == 0)


@pytest.mark.usefixtures("camera")
async def test_the_nodes_own_address_and_token_stay_here(gallery: Web) -> None:
    for path in ("/api/nodes", "/api/nodes/garden", "/nodes", "/nodes/garden", "/live"):
        text = await (await gallery.get(path)).text()
        assert SECRET not in text
    node = await (await gallery.get("/api/nodes/garden")).json()
    assert node["info"]["live_url"] == "/nodes/garden/live"


async def test_a_node_that_comes_back_is_watched_again(
    gallery: Web, camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "RETRY_SECONDS", 0.05)
    async with gallery.get("/nodes/garden/live") as film:
        await frame(film)
        old, camera.frames = camera.frames, Frames()
        old.close()
        await eventually(lambda: camera.ever == 2)
        await frame(film)


async def test_a_node_that_refuses_is_told_without_its_address(
    gallery: Web, camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "RETRY_SECONDS", 0.01)
    camera.status = 403
    answer = await gallery.get("/nodes/garden/live")
    text = await answer.text()
    assert answer.status == 502
    assert "its live view answers 403" in text
    assert SECRET not in text


@pytest.mark.parametrize(
    "body",
    [
        b"--b\r\n" + b"a: b\r\n" * 10_000 + b"\r\n\xff\xd8",
        b"--b\r\n\x00bad\xff: x\r\n\r\n\xff\xd8",
        b'--b\r\nContent-Disposition: form-data; name="_charset_"\r\n\r\n' + b"x" * 40,
        b"no part at all",
    ],
    ids=["endless headers", "a bad header", "an impossible charset", "no part"],
)
async def test_a_film_that_is_none_is_told_by_its_reason(
    body: bytes, gallery: Web, camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "RETRY_SECONDS", 0.01)
    camera.body = body
    answer = await gallery.get("/nodes/garden/live")
    assert answer.status == 502
    assert "its live view cannot be read" in await answer.text()
    assert camera.ever == relay.GIVE_UP_TRIES  # what is no film once may be one the next time


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ({}, "its live view is off"),
        ({"live_url": "file:///etc/passwd"}, "does not say where"),
        ({"live_url": "http://admin:secret@192.0.2.1/reboot"}, "does not say where"),
        ({"live_url": "http://169.254.169.254/latest/meta-data"}, "does not say where"),
        ({"live_url": "http://[::ffff:169.254.169.254]/latest"}, "does not say where"),
        ({"live_url": "http://[fd00:ec2::254]/"}, "does not say where"),
        ({"live_url": "http://0.0.0.0:6379/"}, "does not say where"),
    ],
)
async def test_a_node_without_a_live_view_is_not_found(
    gallery: Web, redis: Any, info: dict[str, str], words: str
) -> None:
    await Nodes(redis).set_info("barn", json.dumps(info), NOW)
    answer = await gallery.get("/nodes/barn/live")
    assert answer.status == 404
    assert words in await answer.text()
    assert (await gallery.get("/nodes/nobody/live")).status == 404


@pytest.mark.usefixtures("camera")
async def test_the_wall_has_a_tile_for_each_node_and_calls_nothing_old_live(
    gallery: Web, redis: Any, store: Any
) -> None:
    await store("barn", int(NOW * 1000))
    await Nodes(redis).set_status("barn", "offline", NOW)
    await Nodes(redis).set_status("shed", "online", NOW)
    await Nodes(redis).set_info("shed", '{"services": ["live"]}', NOW)

    text = await (await gallery.get("/live")).text()

    barn, garden, shed = text.split('<article class="node"')[1:]
    assert 'data-node="garden"' in garden
    assert 'data-film="yes"' in garden
    assert 'data-film=""' in barn
    assert 'data-status="offline"' in barn
    assert "It is offline" in barn
    assert 'data-freshness="old"' in barn
    assert 'alt="Last picture of barn"' in barn
    assert "Start live" in shed
    one = await (await gallery.get("/live?node=garden")).text()
    assert 'src="/nodes/garden/live"' in one
    assert "/live?node=garden" in await (await gallery.get("/nodes/garden")).text()


async def test_a_wall_gets_the_films_of_all_that_can_be_watched_in_one_answer(
    gallery: Web, camera: Camera, redis: Any
) -> None:
    await Nodes(redis).set_status("barn", "offline", NOW)
    async with gallery.get("/api/live?node=barn,garden,nobody&rate=10") as answer:
        parts = aiohttp.MultipartReader.from_response(answer)
        for _ in range(3):
            part = await parts.next()
            assert isinstance(part, aiohttp.BodyPartReader)
            assert part.headers["X-Node"] == "garden"
            assert bytes(await part.read()) == plain_jpeg()
        assert (camera.connected, camera.ever) == (1, 1)
    await eventually(lambda: camera.connected == 0)
    assert (await gallery.get("/api/live?node=barn")).status == 404
    assert (await gallery.get("/api/live")).status == 400


async def test_an_empty_live_page_says_how_to_get_one(gallery: Web) -> None:
    assert "live: {enabled: true}" in await (await gallery.get("/live")).text()
