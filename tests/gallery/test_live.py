"""The nodes' live views through the gallery: one connection to a node, its secret kept here."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from lookout.store.nodes import Nodes
from lookout.video.frames import Frames
from services.gallery.live import relay
from tests.gallery.conftest import Web
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
    async with gallery.get("/nodes/garden/live") as one, gallery.get("/nodes/garden/live") as two:
        assert one.content_type == "multipart/x-mixed-replace"
        assert await frame(one) == await frame(two) == plain_jpeg()
        assert (camera.connected, camera.ever) == (1, 1)
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
async def test_the_live_page_plays_what_there_is(gallery: Web, redis: Any) -> None:
    await Nodes(redis).set_status("barn", "online", NOW)
    text = await (await gallery.get("/live")).text()
    assert 'src="/nodes/garden/live"' in text
    assert "barn" not in text
    assert "/live?node=garden" in await (await gallery.get("/nodes/garden")).text()


async def test_the_live_page_plays_a_few_at_a_time(
    gallery: Web, redis: Any, camera: Camera
) -> None:
    for number in range(6):
        await Nodes(redis).set_status(f"node{number}", "online", NOW)
        await Nodes(redis).set_info(f"node{number}", '{"live_url": "http://10.0.0.1/video"}', NOW)
    text = await (await gallery.get("/live")).text()
    assert text.count('/live" alt=') == 4
    one = await (await gallery.get("/live?node=node5")).text()
    assert 'src="/nodes/node5/live"' in one
    assert one.count('/live" alt=') == 1
    assert camera.ever == 0


async def test_an_empty_live_page_says_how_to_get_one(gallery: Web) -> None:
    assert "live: {enabled: true}" in await (await gallery.get("/live")).text()
