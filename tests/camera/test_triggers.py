"""Pictures are taken by clock, sun, light and pins; each event names what fired."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lookout.contract.wire import now
from lookout.host.settings import Broker
from services.camera.settings import CameraSettings
from services.camera.settings.triggers import SunTrigger, Triggers
from services.camera.sources import SourceError
from services.camera.triggers.alarm import Alarm
from services.camera.triggers.times import Sun, by_clock
from tests.support.hub import Hub
from tests.support.nodes import RecordingSource, node_settings, running_node
from tests.support.waiting import eventually

Settings = Callable[[str], Broker]
IDLE = {"interval": 0}
BERLIN = ZoneInfo("Europe/Berlin")
HOME = (52.52, 13.40)
TROMSO = (69.65, 18.96)
YEAR = 365 * 86400.0


def at(text: str) -> float:
    """Unix seconds of a time in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()


def shown(times: list[float | None]) -> list[str]:
    return [f"{datetime.fromtimestamp(time or 0, BERLIN):%d. %H:%M}" for time in times]


@dataclass
class Meadow(RecordingSource):
    """A source whose light can be set."""

    light: float | None = 100.0

    async def lux(self) -> float | None:
        if self.failing:
            raise SourceError(self.failing)
        return self.light


@pytest.fixture
def source() -> Meadow:
    return Meadow()


@pytest.fixture
def triggered(mqtt_settings: Settings, data: Path, source: Meadow) -> Any:
    def run(capture: dict[str, Any] = IDLE, **triggers: Any) -> Any:
        settings = node_settings(mqtt_settings("garden"), data, capture=capture, triggers=triggers)
        return running_node(settings, source)

    return run


def test_a_cron_line_rings_at_each_of_its_times_and_once() -> None:
    start = at("2026-06-01 11:58")
    alarm = Alarm(by_clock("*/15 12 * * *", BERLIN), start)
    rung = [second for second in range(7200) if alarm.ring(start + second)]
    assert rung == [120, 1020, 1920, 2820]


@pytest.mark.parametrize(
    ("line", "before", "expected"),
    [
        ("30 2 * * *", "2026-03-28 12:00", ["29. 03:00", "30. 02:30"]),  # 2:30 is skipped
        ("0 */6 * * *", "2026-10-25 00:30", ["25. 06:00", "25. 12:00"]),
    ],
)
def test_the_day_on_which_clocks_change_is_right(
    line: str, before: str, expected: list[str]
) -> None:
    following = by_clock(line, BERLIN)
    first = following(at(before))
    assert first is not None
    assert shown([first, following(first)]) == expected


def test_a_clock_set_a_year_ahead_rings_nothing_of_that_year() -> None:
    start = at("2026-06-01 11:58")
    alarm = Alarm(by_clock("* * * * *", BERLIN), start)
    assert [step for step in range(100) if alarm.ring(start + YEAR + step * 0.1)] == []
    assert alarm.due == pytest.approx(start + YEAR + 60)


def test_a_clock_set_back_goes_on_from_there() -> None:
    start = at("2026-06-01 11:58")
    alarm = Alarm(by_clock("0 * * * *", BERLIN), start)
    assert alarm.ring(start + 121)
    assert not alarm.ring(start - YEAR)
    assert alarm.due == at("2025-06-01 12:00")


def test_what_is_hardly_late_still_rings() -> None:
    start = at("2026-06-01 11:58")
    assert Alarm(by_clock("0 12 * * *", BERLIN), start).ring(start + 150)
    assert not Alarm(by_clock("0 12 * * *", BERLIN), start).ring(start + 300)


def test_the_sun_rises_and_sets_as_in_the_almanac() -> None:
    sun, morning = Sun(*HOME), at("2026-06-21 00:01")  # Berlin: 4:43 and 21:33 by the almanac
    times = [
        sun.following(SunTrigger(name="x", at=name))(morning) for name in ("sunrise", "sunset")
    ]
    assert [time and round((time - morning) / 60) for time in times] == [
        pytest.approx(4 * 60 + 42, abs=3),
        pytest.approx(21 * 60 + 32, abs=3),
    ]


def test_an_offset_moves_the_time_of_the_sun() -> None:
    sun, morning = Sun(*HOME), at("2026-06-21 00:01")
    plain = sun.following(SunTrigger(name="x", at="sunset"))(morning)
    earlier = sun.following(SunTrigger(name="x", at="sunset", offset=-1800))(morning)
    assert plain is not None
    assert earlier is not None
    assert earlier == pytest.approx(plain - 1800)


def test_where_the_sun_does_not_set_the_next_sunset_is_weeks_away() -> None:
    sun, june = Sun(*TROMSO), at("2026-06-01 12:00")
    sunset = sun.following(SunTrigger(name="x", at="sunset"))(june)
    assert sunset is not None
    assert 45 < (sunset - june) / 86400 < 70
    assert sun.is_day(at("2026-06-01 01:00"))
    assert not sun.is_day(at("2026-12-20 12:00"))


@pytest.mark.parametrize(("only", "pictures"), [("day", 0), ("night", 1), ("always", 1)])
async def test_the_interval_counts_by_day_or_by_night_only(
    triggered: Any, source: Meadow, hub: Hub, only: str, pictures: int
) -> None:
    # A place where it is night now: the antipode of the sun, near enough, on the equator.
    hours = (now() % 86400) / 3600
    midnight = (-hours * 15 + 180) % 360 - 180
    opposite = (midnight + 180 + 180) % 360 - 180
    dark = {"latitude": 0.0, "longitude": midnight}
    light = {"latitude": 0.0, "longitude": opposite}
    async with triggered(capture={"interval": 0.05, "only": only}, **dark):
        await hub.first("info")
        if pictures:
            await eventually(lambda: source.taken)
        await hub.call("set", quality=50)
        assert bool(source.taken) is bool(pictures)
    taken = len(source.taken)
    async with triggered(capture={"interval": 0.05, "only": "day"}, **light):
        await eventually(lambda: len(source.taken) > taken)


async def test_day_only_without_a_place_is_refused(triggered: Any, hub: Hub) -> None:
    async with triggered():
        await hub.first("info")
        result = await hub.call("set", only="day")
    assert result.error is not None
    assert "triggers.latitude" in result.error.message


async def test_a_schedule_fires_with_its_name_and_its_pictures_name_the_event(
    triggered: Any, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = now() + 0.3
    monkeypatch.setattr(
        "services.camera.triggers.by_clock",
        lambda *_: lambda after: soon if after < soon else after + 3600,
    )
    line = {"name": "noon", "cron": "0 12 * * *", "count": 3, "pause": 0.01}
    async with triggered(schedule=[line]):
        event = await hub.until_fired("trigger_fired")
        await eventually(lambda: len(hub.images) == 3)
    assert event.data == {"name": "noon", "kind": "schedule", "pictures": 3}
    assert {(image.trigger, image.parent_id) for image in hub.images} == {
        ("schedule", event.context.id)
    }


async def test_a_change_of_the_light_fires_and_a_small_one_does_not(
    triggered: Any, source: Meadow, hub: Hub
) -> None:
    async with triggered(lux={"name": "clouds", "percent": 50, "every": 0.2}):
        await eventually(lambda: source.opened)
        source.light = 140.0
        await hub.call("capture")
        assert hub.fired("trigger_fired") == []
        source.light = 160.0
        event = await hub.until_fired("trigger_fired")
        await eventually(lambda: [image for image in hub.images if image.trigger == "lux"])
    assert event.data["lux"] == 160.0
    assert event.data["name"] == "clouds"


async def test_light_that_is_not_measured_stops_nothing(
    triggered: Any, source: Meadow, hub: Hub
) -> None:
    source.light = None
    async with triggered(lux={"name": "clouds", "every": 0.2}):
        await hub.first("info")  # from then on it obeys commands
        await eventually(lambda: source.opened)
        assert (await hub.call("capture")).ok
        assert source.opened == 1


@pytest.mark.parametrize(
    ("pull", "edge", "expected"),
    [
        ("down", "rising", ["rising", "rising"]),
        ("down", "falling", ["falling", "falling"]),
        ("up", "falling", ["falling", "falling"]),
        ("up", "both", ["falling", "rising", "falling", "rising"]),
        ("none", "rising", ["rising", "rising"]),
    ],
)
async def test_a_pin_fires_on_its_edge(
    triggered: Any, pins: Any, hub: Hub, pull: str, edge: str, expected: list[str]
) -> None:
    pir = {"name": "pir", "pin": 17, "edge": edge, "pull": pull, "debounce": 0}
    async with triggered(gpio=[pir]):
        await hub.first("info")
        pin = pins.pin(17)
        if pull == "none":
            pin.drive_low()
        active, idle = (
            (pin.drive_low, pin.drive_high) if pull == "up" else (pin.drive_high, pin.drive_low)
        )
        for _ in range(2):
            active()
            idle()
        await hub.until_fired("trigger_fired", len(expected))
        await eventually(lambda: hub.images)
    told = hub.fired("trigger_fired")
    assert [event.data["edge"] for event in told] == expected
    assert hub.images[0].trigger == "gpio"
    assert hub.images[0].parent_id == told[0].context.id


async def test_changes_within_the_debounce_do_not_count(
    triggered: Any, pins: Any, source: Meadow, hub: Hub
) -> None:
    button = {"name": "button", "pin": 4, "edge": "falling", "debounce": 60}
    async with triggered(gpio=[button]):
        await hub.first("info")
        for _ in range(20):
            pins.pin(4).drive_low()
            pins.pin(4).drive_high()
        await hub.until_fired("trigger_fired")
        await hub.call("capture")
        assert len(hub.fired("trigger_fired")) == 1
        assert len(source.taken) == 2


async def test_while_a_burst_is_taken_the_trigger_only_tells(
    triggered: Any, pins: Any, source: Meadow, hub: Hub
) -> None:
    button = {"name": "button", "pin": 4, "edge": "both", "debounce": 0, "count": 2, "pause": 60}
    async with triggered(gpio=[button]):
        await hub.first("info")
        pins.pin(4).drive_low()
        await eventually(lambda: source.taken)
        pins.pin(4).drive_high()
        event = await hub.until_fired("trigger_fired", 2)
    assert event.data["pictures"] == 0
    assert len(source.taken) == 1


async def test_without_a_library_for_pins_the_node_goes_on(
    triggered: Any, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "gpiozero", None)
    async with triggered(gpio=[{"name": "pir", "pin": 17}]):
        await hub.first("info")
        assert (await hub.call("capture")).ok


def settings(**sections: Any) -> CameraSettings:
    return CameraSettings(node="garden", **sections)


@pytest.mark.parametrize(
    ("triggers", "words"),
    [
        ({"schedule": [{"name": "x", "cron": "0 0 30 2 *"}]}, "0 0 30 2"),
        ({"schedule": [{"name": "x", "cron": "61 * * * *"}]}, "five fields are needed"),
        ({"sun": [{"name": "x", "at": "dusk"}]}, "latitude and longitude are needed"),
        ({"sun": [{"name": "x", "at": "tea"}], "latitude": 1, "longitude": 1}, "dusk"),
        ({"timezone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"gpio": [{"name": "a", "pin": 4}, {"name": "b", "pin": 4}]}, "pin 4 is used by .* a and"),
        ({"gpio": [{"name": "a", "pin": 40}]}, "less than or equal to 27"),
        (
            {
                "gpio": [{"name": "a", "pin": 4}],
                "schedule": [{"name": "a", "cron": "* * * * *"}],
            },
            "two triggers are named a",
        ),
    ],
)
def test_a_wrong_trigger_is_named(triggers: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        settings(triggers=triggers)


def test_day_only_needs_a_place() -> None:
    with pytest.raises(ValueError, match=r"triggers\.latitude"):
        settings(capture={"only": "day"})
    assert Triggers(latitude=1, longitude=2).place == (1, 2)


async def test_several_nodes_capture_at_one_time_and_each_tells_how_late_it_was(
    mqtt_settings: Settings, data: Path, hub: Hub
) -> None:
    names = ("garden", "barn", "gate")
    async with AsyncExitStack() as stack:
        for name in names:
            settings = node_settings(
                mqtt_settings(name), data, node=name, capture=IDLE, spool={"path": data / name}
            )
            await stack.enter_async_context(running_node(settings, RecordingSource()))
            await hub.first("info", name)
        moment = now() + 0.5
        calls = [hub.call("capture", name, at=moment) for name in names]
        results = await asyncio.gather(*calls)
    late = [result.data["late_ms"] for result in results]
    assert all(isinstance(each, int) and 0 <= each < 1000 for each in late), late
