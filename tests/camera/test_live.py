"""The live view: one encoder for all, nobody slowed by another, nobody let in who may not."""

import asyncio
import io
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from lookout.bus.caller import Caller
from lookout.bus.session import Session
from lookout.contract.commands import Command
from lookout.contract.nodes import parse_info
from lookout.contract.topics import Topics
from lookout.host.settings import Broker
from lookout.host.tasks import cancel
from lookout.video import mjpeg
from services.camera.live.token import GRACE_SECONDS, Token
from services.camera.settings import Camera
from services.camera.sources import Source, make_source
from services.camera.sources.live import LiveRequest, LiveSource
from tests.camera.films import make_film
from tests.support.nodes import RecordingSource, node_settings, running_node
from tests.support.waiting import eventually

Settings = Callable[[str], Broker]
LIVE = {"enabled": True, "port": 0, "rate": 30.0, "size": (320, 240)}
IDLE = {"interval": 0}
EVERYWHERE = "0.0.0.0"  # noqa: S104


class Counting:
    """Counts how often the source of a node starts and stops to give live frames."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self.started = self.stopped = 0
        self.hanging = False
        self.open, self.capture, self.close = source.open, source.capture, source.close
        self.adjust, self.does = source.adjust, source.does
        self.model, self.resolution = source.model, source.resolution

    async def start_live(self, request: LiveRequest) -> None:
        self.started += 1
        await self._source.start_live(request)

    async def stop_live(self) -> None:
        self.stopped += 1
        if self.hanging:
            await asyncio.Event().wait()
        await self._source.stop_live()


def synthetic() -> Counting:
    return Counting(make_source(Camera(source="synthetic", resolution=(640, 360))))


@pytest.fixture
async def web() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@asynccontextmanager
async def live_node(
    mqtt_settings: Settings, data: Path, source: Any, **live: Any
) -> AsyncIterator[str]:
    """A node with a live view, and its address as the hub learns it."""
    settings = node_settings(mqtt_settings("garden"), data, capture=IDLE, live={**LIVE, **live})
    async with running_node(settings, source), Session(mqtt_settings("hub"), "hub") as hub:
        infos = hub.subscribe("lookout/garden/info")
        while True:
            url = parse_info((await anext(infos)).payload).live_url
            if url:
                break
        yield url


async def frames(answer: aiohttp.ClientResponse, count: int) -> list[bytes]:
    """The next JPEGs of a film."""
    found: list[bytes] = []
    reader = aiohttp.MultipartReader.from_response(answer)
    while len(found) < count:
        part = await reader.next()
        assert isinstance(part, aiohttp.BodyPartReader)
        found.append(bytes(await part.read()))
    return found


async def test_a_viewer_gets_jpegs_of_the_asked_size(
    mqtt_settings: Settings, data: Path, web: aiohttp.ClientSession
) -> None:
    async with live_node(mqtt_settings, data, synthetic()) as url, web.get(url) as answer:
        assert answer.content_type == "multipart/x-mixed-replace"
        for jpeg in await frames(answer, 3):
            with Image.open(io.BytesIO(jpeg)) as image:
                assert (image.format, image.size) == ("JPEG", (320, 180))


async def test_one_encoder_serves_everybody_and_stops_when_nobody_watches(
    mqtt_settings: Settings, data: Path, web: aiohttp.ClientSession
) -> None:
    source = synthetic()
    async with live_node(mqtt_settings, data, source) as url:
        assert source.started == 0
        async with web.get(url) as one, web.get(url) as two:
            await asyncio.gather(frames(one, 3), frames(two, 3))
            assert (source.started, source.stopped) == (1, 0)
        await eventually(lambda: source.stopped)
        async with web.get(url) as again:
            await frames(again, 1)
        assert source.started == 2


async def test_a_stream_that_does_not_stop_costs_no_stills(
    mqtt_settings: Settings, data: Path, web: aiohttp.ClientSession
) -> None:
    source = synthetic()
    source.hanging = True
    camera = {"source": "synthetic", "timeout": 5.0}  # seconds it has to stop
    settings = node_settings(mqtt_settings("garden"), data, live=LIVE, camera=camera)
    async with running_node(settings, source), Session(mqtt_settings("hub"), "hub") as hub:
        url = await eventually(lambda: _url_now(hub))
        async with web.get(url) as film:
            await frames(film, 1)
        await eventually(lambda: source.stopped, 30)
        images = hub.subscribe("lookout/garden/image")
        for _ in range(3):
            await anext(images)


async def test_stills_go_on_while_somebody_watches(
    mqtt_settings: Settings, data: Path, web: aiohttp.ClientSession
) -> None:
    settings = node_settings(mqtt_settings("garden"), data, live=LIVE)
    async with running_node(settings, synthetic()), Session(mqtt_settings("hub"), "hub") as hub:
        images = hub.subscribe("lookout/garden/image")
        infos = hub.subscribe("lookout/garden/info")
        url = None
        while not url:
            url = parse_info((await anext(infos)).payload).live_url
        async with web.get(url) as film:
            await frames(film, 1)
            for _ in range(3):
                await anext(images)
                await frames(film, 1)


async def test_a_source_that_cannot_stream_is_asked_for_pictures(
    mqtt_settings: Settings, data: Path, web: aiohttp.ClientSession
) -> None:
    source = RecordingSource()
    async with live_node(mqtt_settings, data, source) as url, web.get(url) as film:
        assert not isinstance(source, LiveSource)
        seen = await frames(film, 3)
        assert len(set(seen)) == 3
        assert set(seen) <= set(source.taken)


async def test_a_source_that_fails_is_opened_again_while_somebody_watches(
    mqtt_settings: Settings,
    data: Path,
    web: aiohttp.ClientSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.camera.live.streamer.STALE_SECONDS", 0.2)
    source = RecordingSource()
    async with live_node(mqtt_settings, data, source) as url, web.get(url) as film:
        await frames(film, 1)
        source.failing = "the cable is loose"
        before = source.opened
        await eventually(lambda: source.opened > before)
        source.failing = ""
        await frames(film, 5)


async def test_a_viewer_that_takes_nothing_is_let_go_and_slows_nobody(
    mqtt_settings: Settings,
    data: Path,
    web: aiohttp.ClientSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mjpeg, "STALL_SECONDS", 0.5)
    source = RecordingSource(padding=200_000)
    async with live_node(mqtt_settings, data, source) as url, web.get(url) as film:
        with closing(socket.socket()) as stalled:
            stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stalled.setblocking(False)
            address = ("127.0.0.1", int(url.split(":")[2].split("/")[0]))
            await asyncio.get_running_loop().sock_connect(stalled, address)
            stalled.send(b"GET /video HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            await frames(film, 30)

            async def dropped() -> bool:
                await frames(film, 1)
                try:
                    while stalled.recv(1 << 20):
                        pass
                except BlockingIOError:
                    return False
                except ConnectionResetError:
                    return True
                return True

            await asyncio.sleep(0.6)  # it reads nothing for longer than it may
            await eventually(dropped)


async def test_a_snapshot_is_one_jpeg(
    mqtt_settings: Settings, data: Path, web: aiohttp.ClientSession
) -> None:
    async with live_node(mqtt_settings, data, synthetic()) as url:
        answer = await web.get(url.replace("/video", "/snapshot.jpg"))
        assert (answer.status, answer.content_type) == (200, "image/jpeg")
        assert (await answer.read())[:2] == b"\xff\xd8"


async def test_without_the_token_the_network_sees_nothing(
    mqtt_settings: Settings, data: Path, web: aiohttp.ClientSession
) -> None:
    async with live_node(mqtt_settings, data, synthetic(), host=EVERYWHERE) as url:
        bare, _, token = url.partition("?token=")
        assert len(token) >= 32
        for wrong in (bare, f"{bare}?token=", f"{bare}?token=x{token}", f"{bare}?token=\u00e9"):
            async with web.get(wrong) as refused:
                assert refused.status == 403
                assert token not in await refused.text()
        async with web.get(url) as film:
            await frames(film, 1)


async def test_on_loopback_only_local_names_open_the_door(
    mqtt_settings: Settings, data: Path, web: aiohttp.ClientSession
) -> None:
    async with live_node(mqtt_settings, data, synthetic()) as url:
        refused = await web.get(url, headers={"Host": "evil.example"})
        assert refused.status == 403


async def test_there_is_a_most_of_viewers(
    mqtt_settings: Settings, data: Path, web: aiohttp.ClientSession
) -> None:
    node = live_node(mqtt_settings, data, synthetic(), max_viewers=1)
    async with node as url, web.get(url) as film:
        await frames(film, 1)
        refused = await web.get(url)
        assert refused.status == 503
        assert "live.max_viewers" in await refused.text()


async def test_a_port_that_is_taken_is_named_and_the_node_goes_on(
    mqtt_settings: Settings, data: Path
) -> None:
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        settings = node_settings(mqtt_settings("garden"), data, live={**LIVE, "port": port})
        async with Session(mqtt_settings("hub"), "hub") as hub:
            errors = hub.subscribe("lookout/garden/event/node_error")
            images = hub.subscribe("lookout/garden/image")
            await hub.connected()
            async with running_node(settings, RecordingSource()):
                reason = json.loads((await anext(errors)).payload)["data"]["reason"]
                assert f"live.port = {port}" in reason
                await anext(images)


async def test_the_live_command_is_kept_over_restarts(
    mqtt_settings: Settings, data: Path, web: aiohttp.ClientSession
) -> None:
    off = node_settings(mqtt_settings("garden"), data, live={**LIVE, "enabled": False})
    async with Session(mqtt_settings("hub"), "hub") as hub:
        caller = Caller(hub, Topics())
        listening = asyncio.create_task(caller.listen(), name="results")
        try:
            async with running_node(off, synthetic()):
                assert await _url_now(hub) is None
                for on in (True, False, True):
                    command = Command(service="live", arguments={"on": on})
                    assert (await caller.call("garden", command, timeout=30)).ok
                    await eventually(partial(_shows, hub, on=on))
        finally:
            await cancel(listening)
        before = await _url_now(hub)
        async with running_node(off, synthetic()):
            url = await eventually(partial(_another, hub, before))
            async with web.get(url) as film:
                await frames(film, 1)


async def _shows(hub: Session, *, on: bool) -> bool:
    return bool(await _url_now(hub)) == on


async def _another(hub: Session, before: str | None) -> str | None:
    url = await _url_now(hub)
    return None if url == before else url


async def _url_now(hub: Session) -> str | None:
    """What the node's retained info says now."""
    infos = hub.subscribe("lookout/garden/info")
    try:
        return parse_info((await anext(infos)).payload).live_url
    finally:
        hub.unsubscribe(infos)


async def test_what_is_masked_is_black_in_the_live_view_too(
    mqtt_settings: Settings, data: Path, web: aiohttp.ClientSession
) -> None:
    camera = {"source": "synthetic", "resolution": (640, 360), "masks": [[0, 0, 50, 100]]}
    settings = node_settings(mqtt_settings("garden"), data, capture=IDLE, camera=camera, live=LIVE)
    async with running_node(settings, synthetic()), Session(mqtt_settings("hub"), "hub") as hub:
        url = await eventually(lambda: _url_now(hub))
        async with web.get(url) as film:
            (jpeg,) = await frames(film, 1)
    with Image.open(io.BytesIO(jpeg)) as image:
        grey = image.convert("L")
    left = grey.crop((0, 0, grey.width // 2 - 8, grey.height)).tobytes()
    right = grey.crop((grey.width // 2 + 8, 0, grey.width, grey.height)).tobytes()
    assert max(left) < 24
    assert max(right) > 40


def test_a_token_is_good_until_a_while_after_the_next() -> None:
    token = Token(lifetime=100, now=0)
    first = token.current
    token.rotate(now=99)
    assert token.current == first
    token.rotate(now=100)
    second = token.current
    assert second != first
    assert token.admits(second, 101)
    assert token.admits(first, 100 + GRACE_SECONDS - 1)
    assert not token.admits(first, 100 + GRACE_SECONDS)
    assert not token.admits("", 101)


async def test_a_film_and_a_drawn_scene_give_live_frames(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4", 30)
    for settings in (Camera(source="synthetic"), Camera(source="video", path=film)):
        source: Source = make_source(settings)
        assert isinstance(source, LiveSource)
        seen: list[bytes] = []
        await source.open()
        await source.start_live(LiveRequest((160, 120), 30.0, 50, seen.append))
        await eventually(lambda seen=seen: len(seen) >= 3)  # type: ignore[misc]
        await source.stop_live()
        with Image.open(io.BytesIO(seen[0])) as image:
            assert image.width <= 160
            assert image.height <= 120
        await source.close()
