"""Presets, sizes to choose from, and captures switched off."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lookout.contract.nodes import Info, parse_info
from lookout.contract.wire import now
from lookout.host.settings import Broker
from services.camera.node import info as about
from services.camera.settings import Camera
from services.camera.sources.size import native, shaped
from services.camera.sources.synthetic import Synthetic
from tests.support.hub import Hub
from tests.support.nodes import RecordingSource, node_settings, running_node
from tests.support.waiting import eventually

Settings = Callable[[str], Broker]
PRESETS = {
    "night": {"contrast": 1.5, "interval": 300, "quality": 70},
    "race": {"interval": 1, "resolution": [640, 480]},
}
sides = st.integers(16, 16384)
sizes = st.tuples(sides, sides)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(about, "REFRESH_SECONDS", 0.05)


@pytest.fixture
def settings(mqtt_settings: Settings, data: Path) -> Callable[..., Any]:
    def make(**sections: Any) -> Any:
        capture = {"interval": 0, "quality": 80}
        given = {"capture": capture, "presets": PRESETS, **sections}
        return node_settings(mqtt_settings("garden"), data, **given)

    return make


async def told(hub: Hub) -> Info:
    return parse_info((await hub.first("info")).payload)


async def ready(hub: Hub, since: float) -> None:
    """The node that was started then has said what it is: it listens to commands, too."""

    async def it_is_here() -> bool:
        return ((await told(hub)).started_at or 0) >= since

    await eventually(it_is_here)


async def test_a_preset_sets_its_values_and_returns_those_of_others_to_the_configured(
    hub: Hub, settings: Callable[..., Any]
) -> None:
    async with running_node(settings(), RecordingSource()):
        info = await told(hub)
        assert (info.preset, info.presets) == ("standard", ("standard", "night", "race"))
        night = (await hub.call("set", preset="night")).data
        assert (night["contrast"], night["interval"], night["quality"]) == (1.5, 300, 70)
        assert night["preset"] == "night"
        race = (await hub.call("set", preset="race")).data
        assert (race["contrast"], race["interval"], race["quality"]) == (1.0, 1, 80)
        assert race["resolution"] == [640, 480]
        assert (await told(hub)).preset == "race"
        standard = (await hub.call("set", preset="standard")).data
        assert (standard["resolution"], standard["interval"]) == ([1920, 1080], 0)


async def test_a_preset_is_in_force_as_long_as_its_values_hold_over_restarts_too(
    hub: Hub, settings: Callable[..., Any]
) -> None:
    async with running_node(settings(), RecordingSource()):
        await told(hub)
        await hub.call("set", preset="night")
    since = now()
    async with running_node(settings(), RecordingSource()):
        await ready(hub, since)
        assert (await hub.call("set", quality=71)).data["preset"] is None
        assert (await told(hub)).preset is None
        assert (await hub.call("set", quality=70)).data["preset"] == "night"


async def test_what_is_said_beside_a_preset_wins(hub: Hub, settings: Callable[..., Any]) -> None:
    async with running_node(settings(), RecordingSource()):
        await told(hub)
        result = (await hub.call("set", preset="night", quality=99)).data
    assert (result["interval"], result["quality"], result["preset"]) == (300, 99, None)


async def test_a_preset_that_is_not_there_is_refused_by_name(
    hub: Hub, settings: Callable[..., Any]
) -> None:
    async with running_node(settings(), RecordingSource()):
        await told(hub)
        error = (await hub.call("set", preset="dusk")).error
    assert error is not None
    assert error.message == "preset = 'dusk': this node has standard, night, race"


@pytest.mark.parametrize(
    ("presets", "said"),
    [
        ({"night": {"exposure": 5000}}, "presets.night: .*exposure.* only source picamera2"),
        ({"night": {"qualty": 5}}, "qualty = 5: there is no such name; did you mean quality?"),
        ({"night": {"quality": 0}}, "quality = 0"),
        ({"night": {}}, "presets.night\n.*is empty"),
        ({"night": {"only": "night"}}, "presets.night: only needs triggers.latitude"),
        ({"standard": {"quality": 5}}, "choose another name"),
        ({"Night": {"quality": 5}}, "not a name"),
    ],
)
def test_a_preset_that_cannot_be_is_refused_at_the_start(
    settings: Callable[..., Any], presets: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        settings(presets=presets)


async def test_switched_off_no_picture_is_taken_until_it_is_on_again(
    hub: Hub, settings: Callable[..., Any]
) -> None:
    source = RecordingSource()
    async with running_node(settings(capture={"interval": 0.05}), source):
        await eventually(lambda: len(source.taken) > 2)
        assert (await hub.call("set", enabled=False)).data["enabled"] is False
        refused = await hub.call("capture")
        assert refused.error is not None
        assert "switched off" in refused.error.message
        info = await told(hub)
        assert (info.enabled, info.picture_too_old) == (False, False)
    taken = len(source.taken)
    since = now()
    async with running_node(settings(capture={"interval": 0.05}), source):
        await ready(hub, since)
        assert not (await hub.call("capture")).ok  # still off
        assert len(source.taken) == taken
        await hub.call("set", enabled=True)
        await eventually(lambda: len(source.taken) > taken)
    assert hub.fired("capture_failed") == []


async def test_switched_off_the_light_of_the_last_picture_is_not_told_as_that_of_now(
    hub: Hub, settings: Callable[..., Any]
) -> None:
    sensors = {"interval": 1, "vitals": True}
    readings = hub.session.subscribe("lookout/garden/reading")
    async with running_node(settings(sensors=sensors), RecordingSource()):
        await told(hub)
        await hub.call("capture")
        while b"lux" not in (await anext(readings)).payload:
            continue
        await hub.call("set", enabled=False)
        while b"lux" in (await anext(readings)).payload:
            continue


async def test_the_sizes_to_choose_from_have_the_configured_shape(
    hub: Hub, settings: Callable[..., Any]
) -> None:
    camera = {"source": "synthetic", "resolution": "800x600", "timeout": 5}
    given = settings(camera=camera)
    async with running_node(given, Synthetic(given.camera)):
        info = await told(hub)
        assert info.sizes is not None
        assert info.sizes[:3] == ((640, 480), (800, 600), (1280, 960))
        assert info.sizes[-1] == (2880, 2160)
        assert info.size == (800, 600)
        await hub.call("set", resolution=[640, 480])
        assert (await told(hub)).size == (640, 480)
        await hub.call("set", resolution=[333, 222])
        assert (await told(hub)).size is None


async def test_the_size_of_the_last_picture_is_told(hub: Hub, settings: Callable[..., Any]) -> None:
    source = RecordingSource()
    async with running_node(settings(), source):
        assert (await told(hub)).picture_bytes is None
        await hub.call("capture")
        (jpeg,) = source.taken

        async def it_is_told() -> bool:
            return (await told(hub)).picture_bytes == len(jpeg)

        await eventually(it_is_told)


@given(configured=sizes, sensor=sizes)
def test_no_size_is_larger_than_the_sensor(configured: Any, sensor: Any) -> None:
    for found in (shaped(configured, sensor), native(configured, sensor)):
        assert list(found) == sorted(set(found))
        assert all(width <= sensor[0] and height <= sensor[1] for width, height in found)


def test_a_film_keeps_its_own_proportions() -> None:
    assert native((1920, 1080), (768, 432)) == ((640, 360), (768, 432))
    assert native((320, 320), (1280, 720)) == ((320, 180), (640, 360), (1280, 720))


def test_a_pi_camera_offers_up_to_its_sensor() -> None:
    module_3 = shaped((1920, 1080), (4608, 2592))
    assert module_3[0] == (640, 360)
    assert module_3[-1] == (4608, 2592)
    assert Camera().resolution in module_3
