"""A node's control while it runs: set, kept, refused, rolled back."""

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from lookout.contract.events import parse_event
from lookout.contract.nodes import parse_info
from lookout.host.settings import Broker
from services.camera.settings import Camera
from services.camera.sources import SourceError, make_source
from services.camera.sources.focus import Focus
from tests.support.hub import Hub
from tests.support.nodes import RecordingSource, node_settings, running_node
from tests.support.waiting import eventually

Settings = Callable[[str], Broker]
IDLE = {"interval": 0}


class PickySource(RecordingSource):
    """Refuses a gain over 16 while open, and fails with exposures over a second."""

    cable = ""  # why nothing works, whatever is set

    async def adjust(self, settings: Camera) -> None:
        if self.opened and settings.gain > 16:
            raise SourceError(f"camera.gain = {settings.gain:g}: must be from 1 to 16")
        await super().adjust(settings)
        self.failing = "no frame came" if settings.exposure > 1_000_000 else self.cable


@pytest.fixture
def source() -> PickySource:
    return PickySource()


@pytest.fixture
def settings(mqtt_settings: Settings, data: Path) -> Any:
    camera = {"source": "picamera2", "timeout": 5.0, "contrast": 1.25}
    return node_settings(mqtt_settings("garden"), data, capture=IDLE, camera=camera)


async def test_what_is_set_reaches_the_camera_and_is_kept_over_restarts(
    settings: Any, hub: Hub, source: PickySource
) -> None:
    async with running_node(settings, source):
        await hub.first("info")
        result = await hub.call("set", exposure=20_000, crop=[0, 0, 50, 50], interval=0)
        assert result.data["exposure"] == 20_000
        assert result.data["crop"] == [0, 0, 50, 50]
        assert result.data["contrast"] == 1.25
        assert (await hub.call("capture")).ok
        assert source.settings[-1].exposure == 20_000
    source.settings.clear()
    async with running_node(settings, source):
        await hub.first("info")
        assert (await hub.call("capture")).ok
    assert source.settings[-1].exposure == 20_000
    assert source.settings[-1].crop == (0, 0, 50, 50)


async def test_what_is_set_at_the_same_time_or_again_is_all_there(
    settings: Any, hub: Hub, source: PickySource
) -> None:
    async with running_node(settings, source):
        await hub.first("info")
        await asyncio.gather(
            *(hub.call("set", **one) for one in ({"exposure": 9000}, {"gain": 2}, {"vflip": True}))
        )
        assert (await hub.call("capture")).ok
        last = source.settings[-1]
        assert (last.exposure, last.gain, last.vflip) == (9000, 2, True)
        told, opened = len(source.settings), source.opened
        await hub.call("set", vflip=True, gain=2)
        assert (await hub.call("capture")).ok
        assert (len(source.settings), source.opened) == (told, opened), "nothing was to be changed"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"crop": [60, 0, 50, 50]}, "x + width is 110"),
        ({"rotation": 45}, "rotation = 45: must be 0, 90, 180 or 270"),
        ({"gain": 20}, "camera.gain = 20: must be from 1 to 16"),
        ({"lens_position": 1}, "lens_position = 1: only with autofocus off"),
        ({"url": "rtsp://elsewhere"}, "url"),
        ({"source": "folder"}, "source"),
    ],
)
async def test_what_cannot_be_is_refused_and_changes_nothing(
    settings: Any, hub: Hub, source: PickySource, arguments: dict[str, Any], named: str
) -> None:
    async with running_node(settings, source):
        await hub.first("info")
        assert (await hub.call("capture")).ok
        result = await hub.call("set", **arguments)
        assert result.error is not None
        assert named in result.error.message
        before = (await hub.call("set", interval=0)).data
        assert before["gain"] == 0
        assert before["rotation"] == 0


async def test_settings_that_give_no_picture_are_rolled_back_to_those_that_did(
    settings: Any, hub: Hub, source: PickySource
) -> None:
    async with running_node(settings, source):
        await hub.first("info")
        await hub.call("set", exposure=20_000)
        assert (await hub.call("capture")).ok
        events = hub.session.subscribe("lookout/garden/event/settings_rolled_back")
        assert (await hub.call("set", exposure=2_000_000, gain=2)).ok
        failed = await hub.call("capture")
        assert failed.error is not None
        assert "no frame came" in failed.error.message
        event = parse_event((await anext(events)).payload, event_type="settings_rolled_back")
        assert event.data == {
            "reason": "no frame came",
            "dropped": {"exposure": 2_000_000, "gain": 2.0},
            "restored": {"exposure": 20_000, "gain": 0.0},
        }
        assert (await hub.call("capture")).ok
        assert source.settings[-1].exposure == 20_000
    async with running_node(settings, source):  # the bad ones do not come back
        await hub.first("info")
        assert (await hub.call("set", interval=0)).data["exposure"] == 20_000


async def test_masks_and_how_they_lie_are_not_rolled_back_with_what_broke_the_camera(
    settings: Any, hub: Hub, source: PickySource
) -> None:
    async with running_node(settings, source):
        await hub.first("info")
        assert (await hub.call("capture")).ok
        masked: dict[str, Any] = {"masks": [[0, 0, 50, 100]], "rotation": 90}
        assert (await hub.call("set", exposure=2_000_000, **masked)).ok
        assert not (await hub.call("capture")).ok
        event = await hub.until_fired("settings_rolled_back")
        assert event.data["dropped"] == {"exposure": 2_000_000}
        now = (await hub.call("set", interval=0)).data
        assert (now["masks"], now["rotation"], now["exposure"]) == ([[0, 0, 50, 100]], 90, 0)
        assert (await hub.call("capture")).ok


async def test_what_is_set_while_the_camera_is_away_waits_for_it(
    settings: Any, hub: Hub, source: PickySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.camera.node.info.REFRESH_SECONDS", 3600.0)

    async def nothing_is_pending() -> bool:
        return parse_info((await hub.first("info")).payload).pending is None

    async with running_node(settings, source):
        await hub.first("info")
        assert (await hub.call("capture")).ok

        source.cable = source.failing = "the cable is loose"
        assert not (await hub.call("capture")).ok
        result = await hub.call("set", exposure=20_000, vflip=True)
        assert result.data["pending"] == ["exposure", "vflip"]
        for _ in range(3):
            assert not (await hub.call("capture")).ok
        source.cable = source.failing = ""
        assert (await hub.call("capture")).ok
        await eventually(nothing_is_pending)
        now = (await hub.call("set", interval=0)).data
        assert (now["exposure"], now["vflip"], now["pending"]) == (20_000, True, [])
    assert hub.fired("settings_rolled_back") == []


async def test_settings_never_tried_before_a_restart_are_still_rolled_back(
    settings: Any, hub: Hub, source: PickySource
) -> None:
    async with running_node(settings, source):
        await hub.first("info")
        assert (await hub.call("set", exposure=2_000_000)).ok
    async with running_node(settings, source):
        await hub.first("info")
        assert not (await hub.call("capture")).ok
        assert (await hub.call("capture")).ok
        assert source.settings[-1].exposure == 0


async def test_a_camera_that_fails_with_proven_settings_keeps_them(
    settings: Any, hub: Hub, source: PickySource
) -> None:
    async with running_node(settings, source):
        await hub.first("info")
        await hub.call("set", exposure=20_000)
        assert (await hub.call("capture")).ok
        source.failing = "the cable is loose"
        assert not (await hub.call("capture")).ok
        source.failing = ""
        assert (await hub.call("capture")).ok
        assert source.settings[-1].exposure == 20_000


class FocusingSource(PickySource):
    """Has a lens."""

    found = True

    async def focus(self) -> Focus:
        return Focus(self.found, 2.5 if self.found else 10.0)


async def test_autofocus_tells_where_the_lens_is_and_may_keep_it_there(
    settings: Any, hub: Hub
) -> None:
    lens = FocusingSource()
    async with running_node(settings, lens):
        await hub.first("info")
        assert (await hub.call("autofocus")).data == {"focused": True, "lens_position": 2.5}
        assert (await hub.call("set", interval=0)).data["autofocus"] == "continuous"
        lens.found = False
        assert not (await hub.call("autofocus", keep=True)).data["focused"]
        assert (await hub.call("set", interval=0)).data["autofocus"] == "continuous"
        lens.found = True
        await hub.call("autofocus", keep=True)
    async with running_node(settings, lens):
        await hub.first("info")
        kept = (await hub.call("set", interval=0)).data
        assert (kept["autofocus"], kept["lens_position"]) == ("off", 2.5)


async def test_a_camera_without_a_lens_says_so(
    settings: Any, hub: Hub, source: PickySource
) -> None:
    async with running_node(settings, source):
        await hub.first("info")
        error = (await hub.call("autofocus")).error
        assert error is not None
        assert (error.code, error.message) == ("not_possible", "recorder has no lens that moves.")


async def test_the_live_view_is_masked_too(mqtt_settings: Settings, data: Path, hub: Hub) -> None:
    camera = Camera(source="synthetic", resolution=(320, 240), masks=((0, 0, 100, 100),))
    live = {"enabled": True, "port": 0}
    settings = node_settings(mqtt_settings("garden"), data, capture=IDLE, camera=camera, live=live)
    async with running_node(settings, make_source(camera)), aiohttp.ClientSession() as web:

        async def address() -> str | None:
            return parse_info((await hub.first("info")).payload).live_url

        url = await eventually(address)
        async with web.get(url.replace("/video", "/snapshot.jpg")) as answer:
            assert answer.status == 200
            jpeg = await answer.read()
    with Image.open(io.BytesIO(jpeg)) as image:
        assert max(image.convert("L").tobytes()) < 20


async def test_a_picture_leaves_the_node_masked(
    mqtt_settings: Settings, data: Path, hub: Hub
) -> None:
    camera = Camera(source="synthetic", resolution=(320, 240))
    settings = node_settings(mqtt_settings("garden"), data, capture=IDLE, camera=camera)
    async with running_node(settings, make_source(camera)):
        await hub.first("info")
        images = hub.session.subscribe("lookout/garden/image")
        assert (await hub.call("set", masks=[[0, 0, 100, 100]])).ok
        assert (await hub.call("capture", quality=70)).ok
        message = await anext(images)
        preview = await hub.first("preview")
    for jpeg in (message.payload, preview.payload):
        with Image.open(io.BytesIO(jpeg)) as image:
            assert max(image.convert("L").tobytes()) < 20
