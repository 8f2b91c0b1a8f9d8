"""A camera that answers each request with a JPEG: logins, faults, and what stays secret."""

import asyncio
import hashlib
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from lookout.host.settings import Broker, SettingsError, load, show
from services.camera.settings import Camera, CameraSettings
from services.camera.sources import Source, SourceError, make_source, snapshot
from tests.support.hub import Hub
from tests.support.nodes import node_settings, running_node
from tests.support.pictures import plain_jpeg

Settings = Callable[[str], Broker]
LOGIN = ("me", "s3cret@home")
REALM = "camera"


def with_digest(request: web.Request) -> bool:
    """RFC 7616 with MD5 and qop=auth, as cameras do it."""
    header = request.headers.get("Authorization", "")
    if not header.startswith("Digest "):
        return False
    parts = dict(part.strip().split("=", 1) for part in header[7:].split(","))
    said = {name: value.strip('"') for name, value in parts.items()}
    ha1 = md5(f"{LOGIN[0]}:{REALM}:{LOGIN[1]}")
    ha2 = md5(f"{request.method}:{said['uri']}")
    middle = f"{said['nonce']}:{said['nc']}:{said['cnonce']}:{said['qop']}"
    return said["response"] == md5(f"{ha1}:{middle}:{ha2}")


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def with_basic(request: web.Request) -> bool:
    login = b64encode(":".join(LOGIN).encode()).decode()
    return request.headers.get("Authorization") == f"Basic {login}"


async def answer(request: web.Request) -> web.Response:
    """What the path asks for."""
    kind = request.match_info["kind"]
    jpeg = plain_jpeg()
    if kind == "basic" and not with_basic(request):
        return web.Response(status=401, headers={"WWW-Authenticate": f'Basic realm="{REALM}"'})
    if kind == "digest" and not with_digest(request):
        assert "Basic" not in request.headers.get("Authorization", ""), "the password in the clear"
        challenge = f'Digest realm="{REALM}", nonce="n0nce", qop="auth", algorithm=MD5'
        return web.Response(status=401, headers={"WWW-Authenticate": challenge})
    if kind == "slow":
        await asyncio.sleep(30)
    bodies = {"text": b"<html>no picture</html>", "half": jpeg[:300], "huge": b"\xff" * 3000}
    return web.Response(body=bodies.get(kind, jpeg), content_type="image/jpeg")


@asynccontextmanager
async def camera(kind: str, login: str = "", **settings: Any) -> AsyncIterator[Source]:
    app = web.Application()
    app.router.add_get("/{kind}", answer)
    server = TestServer(app)
    await server.start_server(shutdown_timeout=0.1)
    url = f"http://{login}127.0.0.1:{server.port}/{kind}"
    source = make_source(Camera(source="snapshot", url=url, **{"timeout": 5.0, **settings}))
    await source.open()
    try:
        yield source
    finally:
        await source.close()
        await server.close()


async def told(kind: str, login: str = "", **settings: Any) -> str:
    async with camera(kind, login, **settings) as source:
        with pytest.raises(SourceError) as caught:
            await source.capture(80)
    return str(caught.value)


@pytest.mark.parametrize("kind", ["open", "basic", "digest"])
async def test_the_bytes_come_untouched_whatever_the_login(kind: str) -> None:
    async with camera(kind, "me:s3cret%40home@") as source:
        for _ in range(2):
            picture = await source.capture(80)
            assert picture.jpeg == plain_jpeg()
        assert source.resolution == (64, 48) == (picture.width, picture.height)


@pytest.mark.parametrize("kind", ["basic", "digest"])
@pytest.mark.parametrize("login", ["", "me:wr0ng@"])
async def test_a_refused_login_is_told_without_the_password(kind: str, login: str) -> None:
    message = await told(kind, login)
    assert "it answers 401 Unauthorized" in message
    assert "wr0ng" not in message


@pytest.mark.parametrize(
    ("kind", "words"), [("text", "it answers with a page"), ("half", "not a whole JPEG")]
)
async def test_what_is_no_whole_picture_is_refused(kind: str, words: str) -> None:
    assert words in await told(kind)


async def test_an_answer_is_bounded_in_size_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "MAX_BYTES", 2000)
    assert "larger than 2000 bytes" in await told("huge")
    assert "no answer in time" in await told("slow", timeout=0.3)


async def test_a_camera_that_is_off_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "http://me:s3cret@127.0.0.1:9/capture?token=s3cret"
    source = make_source(Camera(source="snapshot", url=url))
    await source.open()
    with pytest.raises(SourceError) as caught:
        await source.capture(80)
    await source.close()
    assert "gives no picture" in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"SOURCE": "rtsp"}, "url is needed with source rtsp"),
        ({"SOURCE": "rtsp", "URL": "me:s3cret"}, "rtsp://, rtsps://, http://, https://"),
        ({"SOURCE": "rtsp", "URL": "rtsp://me:s3cret@"}, "name a host"),
        ({"SOURCE": "snapshot", "URL": "rtsp://me:s3cret@cam"}, "needs http or https"),
        ({"SOURCE": "video", "URL": "rtsp://me:s3cret@cam"}, "path is needed"),
        ({"SOURCE": "v4l2"}, "path is needed with source v4l2"),
    ],
)
def test_a_wrong_address_is_told_without_its_password(
    settings: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = {f"LOOKOUT_CAMERA__{name}": value for name, value in settings.items()}
    monkeypatch.setattr("os.environ", {"LOOKOUT_NODE": "garden", **variables})
    with pytest.raises(SettingsError) as caught:
        load(CameraSettings)
    assert words in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_settings_are_shown_without_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "rtsp://me:s3cret@cam/live"
    environment = {"LOOKOUT_NODE": "garden", "LOOKOUT_CAMERA__URL": url}
    monkeypatch.setattr("os.environ", environment)
    settings = load(CameraSettings)
    assert settings.camera.address.with_login("rtsp", "cam", 554) == "rtsp://me:s3cret@cam:554/live"
    assert "s3cret" not in show(settings) + repr(settings)


@pytest.mark.parametrize(
    "login",
    [
        {"url": "rtsp://me:s3cret@127.0.0.1:9/live?key=s3cret"},
        {"url": "rtsp://127.0.0.1:9/user=me&password=s3cret&channel=1"},
        {"url": "http://127.0.0.1:9/film?token=s3cret", "user": "me", "password": "s3cret#/?@"},
    ],
)
async def test_a_nodes_password_never_reaches_the_bus_or_the_log(
    mqtt_settings: Settings,
    data: Path,
    hub: Hub,
    capsys: pytest.CaptureFixture[str],
    login: dict[str, str],
) -> None:
    settings = node_settings(
        mqtt_settings("garden"),
        data,
        capture={"interval": 0},
        camera={"source": "rtsp", "timeout": 5.0, **login},
    )
    everything = hub.session.subscribe("lookout/#")
    heard: list[bytes] = []

    async def listen() -> None:
        heard.extend([message.payload async for message in everything])

    listening = asyncio.create_task(listen(), name="listen")
    async with running_node(settings, make_source(settings.camera)):
        await hub.first("info")
        result = await hub.call("capture")
        assert result.error is not None
        changed = await hub.call("set", brightness=0.1, rotation=90)
        refused = await hub.call("set", exposure=10)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    written = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    output = capsys.readouterr()
    said = json.dumps([changed.data, str(refused.error), output.out, output.err])
    assert "gives no picture" in result.error.message
    assert "only source picamera2 can, not rtsp" in str(refused.error)
    assert "s3cret" not in said + str(result.error) + written.decode(errors="replace")
    assert not any(b"s3cret" in payload for payload in heard)
