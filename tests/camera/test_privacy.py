"""Nothing leaves the node without the masks last asked for: each source, each fault.

Every test hides the whole picture, so that one pixel which is not black shows a leak.
"""

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import av
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from PIL import Image

from lookout.bus.session import Session
from lookout.contract.images import ImageMeta
from lookout.contract.nodes import Info, parse_info
from lookout.host.settings import Broker
from lookout.host.tasks import cancel
from services.camera.knobs import BadChange, Knobs, NotKept, State
from services.camera.settings import CameraSettings
from services.camera.sources import SourceError, make_source
from tests.camera.fake_picamera2 import World, install
from tests.camera.films import make_film
from tests.camera.test_sources_stream import Mjpeg, served
from tests.support.hub import Hub, watching_hub
from tests.support.nodes import node_settings, running_node
from tests.support.waiting import eventually

Settings = Callable[[str], Broker]
OPEN = av.open
ALL = [[0, 0, 100, 100]]
SIZE = (160, 96)
KINDS = ("synthetic", "video", "folder", "snapshot", "rtsp", "v4l2", "picamera2")
RESTARTED = "away and restarted"
FAULTS = ("none", "away", "stall", "error", RESTARTED)


@pytest.fixture(autouse=True)
async def deadline() -> AsyncIterator[None]:
    async with asyncio.timeout(110):
        yield


def white() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", SIZE, "white").save(out, "JPEG")
    return out.getvalue()


def is_black(jpeg: bytes) -> bool:
    with Image.open(io.BytesIO(jpeg)) as image:
        return max(image.convert("L").tobytes()) < 24


class Film(Mjpeg):
    """Never a dark one."""

    def _part(self) -> bytes:
        jpeg = white()
        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
        return head.encode() + jpeg + b"\r\n"


@asynccontextmanager
async def snapshots() -> AsyncIterator[str]:
    """The address of a camera that answers with a white picture."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=white(), content_type="image/jpeg")

    app = web.Application()
    app.router.add_get("/jpeg", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("/jpeg"))


@asynccontextmanager
async def camera_of(
    kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[dict[str, Any]]:
    """Settings of a camera of this kind, which shows something bright."""
    common = {"source": kind, "resolution": SIZE, "timeout": 1.5, "stale_after": 2.0}
    async with AsyncExitStack() as stack:
        match kind:
            case "video":
                common["path"] = make_film(folder / "film.mp4", 20)
            case "folder":
                (folder / "white.jpg").write_bytes(white())
                common["path"] = folder
            case "snapshot":
                common["url"] = await stack.enter_async_context(snapshots())
            case "rtsp":
                server = await stack.enter_async_context(served(Film()))
                common["url"] = str(server.make_url("/film"))
            case "v4l2":  # its device is a stream, read by the same reader
                server = await stack.enter_async_context(served(Film()))
                common["path"] = "/dev/video0"
                monkeypatch.setattr(av, "open", partial(opened, str(server.make_url("/film"))))
            case "picamera2":
                install(monkeypatch, World())
        yield common


def opened(url: str, _: str, *, timeout: tuple[float, float], **__: object) -> Any:
    """What stands in for the device."""
    return OPEN(url, format="mpjpeg", timeout=timeout)


class Shaky:
    """Breaks a real source, and mends it."""

    def __init__(self, source: Any) -> None:
        self.source: Any = source
        self.fault = "none"
        self.failed = 0
        self._open, self._capture = source.open, source.capture
        source.open, source.capture = self.open, self.capture

    async def open(self) -> None:
        if self.fault.startswith("away"):
            self.failed += 1
            raise SourceError("the cable is out")
        await self._open()

    async def capture(self, quality: int) -> Any:
        if self.fault == "stall":
            self.failed += 1
            await asyncio.Event().wait()
        if self.fault != "none":
            self.failed += 1
            raise ZeroDivisionError(self.fault) if self.fault == "error" else SourceError("no")
        return await self._capture(quality)


class Leaks:
    """Collects every picture and preview of the node."""

    def __init__(self, hub: Session) -> None:
        self.pictures: list[tuple[float, bytes]] = []
        self.previews: list[bytes] = []
        self._images = hub.subscribe("lookout/garden/image")
        self._shown = hub.subscribe("lookout/garden/preview")

    async def collect(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._collect_images(), name="images")
            group.create_task(self._collect_previews(), name="previews")

    async def _collect_images(self) -> None:
        async for message in self._images:
            taken = ImageMeta.from_properties(message.properties).timestamp
            self.pictures.append((taken or 0.0, message.payload))

    async def _collect_previews(self) -> None:
        async for message in self._shown:
            self.previews.append(message.payload)

    def since(self, moment: float) -> list[bytes]:
        return [jpeg for taken, jpeg in self.pictures if taken > moment]


async def tried(ask: Callable[[], Awaitable[bool]]) -> bool:
    """The answer, or False while nobody answers."""
    try:
        return await ask()
    except (aiohttp.ClientError, aiohttp.InvalidURL):
        return False


@asynccontextmanager
async def leaks_of(hub: Hub) -> AsyncIterator[Leaks]:
    leaks = Leaks(hub.session)
    task = asyncio.create_task(leaks.collect(), name="collect")
    try:
        yield leaks
    finally:
        await cancel(task)


async def info(hub: Hub) -> Info:
    return parse_info((await hub.first("info")).payload)


async def hide_all(hub: Hub) -> tuple[float, Any]:
    """Ask for the masks; when it was answered, and the answer."""
    result = await hub.call("set", masks=ALL)
    assert result.ok, result.error
    assert result.data["masks"] == ALL
    return asyncio.get_running_loop().time(), result.data


async def seen_again(leaks: Leaks, answered: float, shown: int) -> None:
    await eventually(lambda: len(leaks.since(answered)) >= 3, 60)
    await eventually(lambda: [jpeg for jpeg in leaks.previews[shown:] if jpeg])


async def nothing_is_pending(hub: Hub) -> bool:
    return (await info(hub)).pending is None


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", KINDS)
async def test_masks_asked_for_while_the_camera_is_in_trouble_hold_when_it_is_back(
    kind: str,
    fault: str,
    mqtt_settings: Settings,
    data: Path,
    hub: Hub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with AsyncExitStack() as stack:
        camera = await stack.enter_async_context(camera_of(kind, tmp_path, monkeypatch))
        leaks = await stack.enter_async_context(leaks_of(hub))
        settings = node_settings(
            mqtt_settings("garden"), data, camera=camera, capture={"interval": 0.2}
        )
        shaky = Shaky(make_source(settings.camera))
        async with running_node(settings, shaky.source):
            await eventually(lambda: any(not is_black(jpeg) for _, jpeg in leaks.pictures), 60)
            await eventually(lambda: leaks.previews)
            shaky.fault = fault
            if fault != "none":
                await eventually(lambda: shaky.failed >= 2, 60)
            _, said = await hide_all(hub)
            answered, shown = time.time(), len(leaks.previews)
            if fault != "none":
                assert "masks" in said["pending"]
            failed = shaky.failed
            if fault not in {"none", RESTARTED}:
                await eventually(lambda: shaky.failed >= failed + 2, 60)
            if fault != RESTARTED:
                shaky.fault = "none"
                await seen_again(leaks, answered, shown)
                await eventually(partial(nothing_is_pending, hub))
        if fault == RESTARTED:
            again = Shaky(make_source(settings.camera))
            again.fault = fault
            async with running_node(settings, again.source):
                await eventually(lambda: again.failed >= 2, 60)
                again.fault = "none"
                await seen_again(leaks, answered, shown)
    assert all(is_black(jpeg) for jpeg in leaks.since(answered))
    assert all(is_black(jpeg) for jpeg in leaks.previews[shown:] if jpeg)


@pytest.mark.parametrize("kind", ["synthetic", "folder", "picamera2"])
async def test_no_live_frame_after_the_answer_shows_anything(
    kind: str,
    mqtt_settings: Settings,
    data: Path,
    hub: Hub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    live = {"enabled": True, "port": 0}
    async with AsyncExitStack() as stack:
        camera = await stack.enter_async_context(camera_of(kind, tmp_path, monkeypatch))
        settings = node_settings(
            mqtt_settings("garden"), data, camera=camera, capture={"interval": 0}, live=live
        )
        await stack.enter_async_context(running_node(settings, make_source(settings.camera)))
        browser = await stack.enter_async_context(aiohttp.ClientSession())

        async def address() -> str | None:
            return (await info(hub)).live_url

        url = (await eventually(address)).replace("/video", "/snapshot.jpg")

        async def snapshot() -> bytes:
            async with browser.get(url) as answer:
                assert answer.status == 200, await answer.text()
                return await answer.read()

        assert not is_black(await snapshot())
        await hide_all(hub)
        for _ in range(4):
            assert is_black(await snapshot())


async def test_captures_that_are_switched_off_end_pictures_and_the_live_view(
    mqtt_settings: Settings, data: Path, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = {"source": "synthetic", "resolution": SIZE, "timeout": 5.0}
    sections = {"capture": {"interval": 0.2}, "live": {"enabled": True, "port": 0}}
    settings = node_settings(mqtt_settings("garden"), data, camera=camera, **sections)
    async with AsyncExitStack() as stack:
        leaks = await stack.enter_async_context(leaks_of(hub))
        browser = await stack.enter_async_context(aiohttp.ClientSession())

        async def address() -> str | None:
            return (await info(hub)).live_url

        for _ in range(2):  # the second time after a restart
            async with running_node(settings, make_source(settings.camera)):
                if not leaks.pictures:
                    await eventually(lambda: leaks.pictures)
                    assert (await hub.call("set", enabled=False)).ok
                    answered = time.time()

                async def is_refused() -> bool:
                    async with browser.get(await address() or "") as answer:
                        return answer.status == 503 and "switched off" in await answer.text()

                await eventually(partial(tried, is_refused))
                refused = await hub.call("capture")
                assert refused.error is not None
                assert "switched off" in refused.error.message
        async with running_node(settings, make_source(settings.camera)):
            await hub.call("set", enabled=True)
            await eventually(lambda: leaks.since(answered))


async def shows_something(hub: Hub) -> bool:
    preview = (await hub.first("preview")).payload
    return bool(preview) and not is_black(preview)


async def test_masks_of_a_changed_file_take_the_old_preview_back_from_the_broker(
    mqtt_settings: Settings, data: Path, hub: Hub
) -> None:
    plain = {"source": "synthetic", "resolution": SIZE}
    settings = node_settings(mqtt_settings("garden"), data, camera=plain)
    async with running_node(settings, make_source(settings.camera)):
        await eventually(partial(shows_something, hub))
    settings = node_settings(mqtt_settings("garden"), data, camera={**plain, "masks": ALL})
    away = Shaky(make_source(settings.camera))
    away.fault = "away"
    async with running_node(settings, away.source), leaks_of(hub) as leaks:
        await eventually(lambda: away.failed >= 2)
        await eventually(lambda: leaks.previews[-1:] == [b""] or not leaks.previews)
    async with leaks_of(hub) as later:
        await hub.first("info")  # what is retained comes before what is asked for later
        assert later.previews in ([], [b""])


async def test_a_killed_node_comes_back_with_the_masks_it_answered_for(
    service: Any, mqtt_settings: Settings
) -> None:
    async with watching_hub(mqtt_settings("hub")) as hub, leaks_of(hub) as leaks:
        camera = service(
            "camera",
            user="garden",
            LOOKOUT_NODE="garden",
            LOOKOUT_CAMERA__SOURCE="synthetic",
            LOOKOUT_CAMERA__RESOLUTION="160x96",
            LOOKOUT_CAPTURE__INTERVAL="0.2",
        )
        await eventually(lambda: leaks.pictures, 60)
        await hide_all(hub)
        answered = time.time()
        await camera.kill()
        camera.start()
        await eventually(lambda: len(leaks.since(answered)) >= 5, 60)
    assert all(is_black(jpeg) for jpeg in leaks.since(answered))


# -- what is kept ----------------------------------------------------------------------------


def knobs_in(folder: Path, **sections: Any) -> Knobs:
    values: dict[str, Any] = {"node": "garden", "camera": {"source": "synthetic"}, **sections}
    return Knobs(CameraSettings(**values), State(folder / "state.json"))


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "cut": lambda content: content[: len(content) // 2],
    "zeros": lambda content: bytes(len(content)),
    "no object": lambda _: b"[]",
    "not UTF-8": lambda content: b"\xff\xfe" + content,
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", ["state.json", "state.copy"])
async def test_one_damaged_file_of_two_changes_nothing(
    damage: str, name: str, tmp_path: Path
) -> None:
    await knobs_in(tmp_path).change({"masks": ALL, "enabled": False})
    path = tmp_path / name
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    knobs = knobs_in(tmp_path)
    assert knobs.values["masks"] == ALL
    assert knobs.values["enabled"] is False
    assert not knobs.unknown


@pytest.mark.parametrize("damage", DAMAGE)
async def test_with_both_damaged_no_picture_leaves_until_it_is_said_what_may_be_seen(
    damage: str, tmp_path: Path
) -> None:
    await knobs_in(tmp_path).change({"masks": ALL})
    for path in tmp_path.iterdir():
        path.write_bytes(DAMAGE[damage](path.read_bytes()))
    knobs = knobs_in(tmp_path)
    assert knobs.hidden is not None
    assert "enabled and masks" in knobs.hidden
    knobs.state.save()  # a whole file again, which knows no masks
    knobs = knobs_in(tmp_path)
    assert knobs.hidden is not None
    await knobs.change({"quality": 50})
    assert knobs.hidden is not None
    await knobs.change({"masks": []})
    await knobs.change({"enabled": True})
    assert knobs.hidden is None
    assert knobs_in(tmp_path).hidden is None


async def test_masks_hold_where_other_kept_settings_no_longer_fit(tmp_path: Path) -> None:
    await knobs_in(tmp_path, camera={"source": "picamera2"}).change({"masks": ALL, "gain": 2})
    assert knobs_in(tmp_path).values["masks"] == ALL, "a gain is nothing for a drawn scene"
    content = json.loads((tmp_path / "state.json").read_text())
    content["capture"] = {"enabled": False, "interval": "often"}
    content["camera"]["masks"] = "everywhere"
    for name in ("state.json", "state.copy"):
        (tmp_path / name).write_text(json.dumps(content))
    knobs = knobs_in(tmp_path)
    assert knobs.values["enabled"] is False
    assert knobs.unknown == {"masks"}


async def test_the_last_word_counts_be_it_of_set_or_of_the_file(tmp_path: Path) -> None:
    await knobs_in(tmp_path).change({"masks": [], "enabled": True, "quality": 50})
    masked = {"camera": {"source": "synthetic", "masks": ALL}, "capture": {"enabled": False}}
    knobs = knobs_in(tmp_path, **masked)
    assert knobs.values["masks"] == ALL
    assert knobs.values["enabled"] is False
    assert knobs.values["quality"] == 50
    await knobs.change({"masks": [], "enabled": True})
    assert knobs_in(tmp_path, **masked).values["masks"] == []
    assert knobs_in(tmp_path, **masked).hidden is None


async def test_a_disk_that_keeps_nothing_is_told_and_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    knobs = knobs_in(tmp_path / "node")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("services.camera.knobs.state.replace_file", full)
        with pytest.raises(NotKept, match=r"until the next restart only: .*No space left"):
            await knobs.change({"masks": ALL})
        assert knobs.values["masks"] == ALL, "it holds all the same"
    await knobs.state.write_again()
    assert knobs_in(tmp_path / "node").values["masks"] == ALL


async def test_what_cannot_be_set_changes_nothing(tmp_path: Path) -> None:
    knobs = knobs_in(tmp_path)
    with pytest.raises(BadChange, match="only = day"):
        await knobs.change({"masks": ALL, "only": "day"})
    assert knobs.values["masks"] == []


async def test_a_picture_from_before_the_masks_is_not_kept_after_them(
    mqtt_settings: Settings, data: Path, hub: Hub
) -> None:
    """The ring of pictures from before a motion."""
    from services.camera.node.assembly import Node

    settings = node_settings(mqtt_settings("garden"), data, capture={"interval": 0})
    async with Session(mqtt_settings("garden"), "lookout-garden") as session:
        node = Node(settings, session, make_source(settings.camera))
        await node.begin()
        taken = await node.capturer.take("motion")
        await node.knobs.change({"masks": ALL})
        with pytest.raises(SourceError, match="before the masks"):
            await node.capturer.keep(taken, "motion")
        await node.device.close()
    assert len(node.spool) == 0
