"""Lamps: with each capture, when dark, by the clock, by command; on pins of gpiozero's own fake."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest
from gpiozero import Device

from lookout.contract.nodes import parse_info
from lookout.contract.wire import now
from lookout.host.settings import Broker
from services.camera.settings import CameraSettings
from services.camera.settings.lights import Light
from services.camera.sources import Picture
from tests.support.hub import Hub
from tests.support.nodes import RecordingSource, node_settings, running_node
from tests.support.waiting import eventually

Settings = Callable[[str], Broker]
PIN = 18
LAMP = {"name": "lamp", "pin": PIN}


@dataclass
class Dusk(RecordingSource):
    """A source that notes whether the lamp was on, and whose light can be set."""

    light: float = 100.0
    lit: list[tuple[bool, float]] = field(default_factory=list)

    async def capture(self, quality: int) -> Picture:
        self.lit.append((bool(Device.pin_factory.pin(PIN).state), now()))
        return await super().capture(quality)

    async def lux(self) -> float | None:
        return self.light


@pytest.fixture(autouse=True)
def looks_often(pins: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.camera.lights.LOOK_SECONDS", 0.05)


@pytest.fixture
def source() -> Dusk:
    return Dusk()


@pytest.fixture
def with_lights(mqtt_settings: Settings, data: Path, source: Dusk) -> Any:
    def run(*lights: dict[str, Any], **sections: Any) -> Any:
        settings = node_settings(
            mqtt_settings("garden"), data, capture={"interval": 0}, lights=lights, **sections
        )
        return running_node(settings, source)

    return run


def is_on(pins: Any, pin: int = PIN) -> bool:
    return bool(pins.pin(pin).state)


async def test_a_lamp_is_on_before_the_picture_for_its_settle_time_and_off_after(
    with_lights: Any, pins: Any, source: Dusk, hub: Hub
) -> None:
    async with with_lights({**LAMP, "when": "capture", "settle": 0.2}):
        await hub.first("info")
        asked = now()
        assert (await hub.call("capture")).ok
        assert not is_on(pins)
    ((lit, at),) = source.lit
    assert lit
    assert at - asked >= 0.2


async def test_a_lamp_goes_off_when_the_capture_fails(
    with_lights: Any, pins: Any, source: Dusk, hub: Hub
) -> None:
    source.failing = "broken"
    async with with_lights({**LAMP, "when": "capture", "settle": 0}):
        await hub.first("info")
        assert not (await hub.call("capture")).ok
        assert source.lit[0][0]
        assert not is_on(pins)


async def test_a_lamp_that_is_always_on_goes_off_with_the_node(
    with_lights: Any, pins: Any, hub: Hub
) -> None:
    async with with_lights({**LAMP, "when": "always"}):
        await eventually(lambda: is_on(pins))
    assert not is_on(pins)


async def test_in_the_dark_a_lamp_is_on_and_its_own_light_does_not_switch_it_off(
    with_lights: Any, pins: Any, source: Dusk, hub: Hub
) -> None:
    async with with_lights({**LAMP, "when": "dark", "dark": 10, "bright": 50}):
        await hub.first("info")
        assert not is_on(pins)
        source.light = 5
        await eventually(lambda: is_on(pins))
        source.light = 40
        await hub.call("capture")
        assert source.lit[-1][0]
        source.light = 60
        await eventually(lambda: not is_on(pins))


async def test_a_timed_lamp_follows_the_clock_also_past_midnight(
    with_lights: Any, pins: Any
) -> None:
    hour = datetime.now(UTC).hour
    inside = {"since": time((hour - 1) % 24), "until": time((hour + 2) % 24)}
    outside = {"since": inside["until"], "until": inside["since"]}
    lamps = (
        {**LAMP, "when": "timed", **inside},
        {"name": "other", "pin": 19, "when": "timed", **outside},
    )
    async with with_lights(*lamps, triggers={"timezone": "UTC"}):
        await eventually(lambda: is_on(pins))
        assert not is_on(pins, 19)


async def test_the_command_switches_and_info_tells(with_lights: Any, pins: Any, hub: Hub) -> None:
    async with with_lights(LAMP, {"name": "other", "pin": 19, "active_high": False}):
        info = parse_info((await hub.first("info")).payload)
        assert "light" in info.services
        result = await hub.call("light", on=True, name="lamp")
        assert result.data == {"lights": {"lamp": True, "other": False}}
        assert is_on(pins)
        info = parse_info((await hub.first("info")).payload)
        assert info.lights == {"lamp": True, "other": False}
        result = await hub.call("light", on=True)
        assert not is_on(pins, 19), "a lamp that is on when its pin is low"
        assert (await hub.call("light", on=False)).data["lights"] == {"lamp": False, "other": False}
        assert is_on(pins, 19)


async def test_after_its_seconds_a_lamp_follows_its_own_rule_again(
    with_lights: Any, pins: Any, hub: Hub
) -> None:
    async with with_lights(LAMP, {"name": "always", "pin": 19, "when": "always"}):
        await hub.first("info")
        await hub.call("light", on=True, name="lamp", seconds=2)
        await hub.call("light", on=False, name="always")
        assert is_on(pins)
        await eventually(lambda: not is_on(pins))
        assert not is_on(pins, 19)
        await hub.call("light", on=None, name="always")
        assert is_on(pins, 19)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"on": True, "name": "sun"}, "this node has lamp"),
        ({"on": "dim"}, "on = 'dim'"),
        ({"on": True, "seconds": 0}, "seconds = 0"),
        ({}, "on"),
    ],
)
async def test_a_wrong_command_is_refused_by_name(
    with_lights: Any, hub: Hub, arguments: dict[str, Any], words: str
) -> None:
    async with with_lights(LAMP):
        await hub.first("info")
        result = await hub.call("light", **arguments)
    assert result.error is not None
    assert words in result.error.message


async def test_without_a_library_for_pins_the_node_goes_on_and_says_why(
    with_lights: Any, hub: Hub, source: Dusk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "gpiozero", None)
    async with with_lights({**LAMP, "when": "capture", "settle": 10}):
        await hub.first("info")
        assert (await hub.call("capture")).ok
        result = await hub.call("light", on=True)
    assert result.error is not None
    assert "lookout-hub[gpio]" in result.error.message


async def test_a_node_without_lamps_has_no_light_service(with_lights: Any, hub: Hub) -> None:
    async with with_lights():
        info = parse_info((await hub.first("info")).payload)
    assert "light" not in info.services
    assert info.lights is None


def test_a_time_is_a_time_with_and_without_quotes() -> None:
    assert Light(name="x", pin=1, since="18:30", until=1110 + 60).until == time(19, 30)


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"lights": [LAMP, {"name": "b", "pin": PIN}]}, "pin 18 is used by lights lamp and by"),
        (
            {"lights": [LAMP], "triggers": {"gpio": [{"name": "pir", "pin": PIN}]}},
            "triggers.gpio pir and by lights lamp",
        ),
        ({"lights": [LAMP, {"name": "lamp", "pin": 1}]}, "two lights are named lamp"),
        ({"lights": [{**LAMP, "dark": 50, "bright": 10}]}, "it would blink"),
        ({"lights": [{**LAMP, "since": "22:00"}]}, "both 22:00"),
        ({"lights": [{**LAMP, "since": "25:00"}]}, "since"),
    ],
)
def test_a_wrong_light_is_named(sections: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        CameraSettings(node="garden", **sections)
