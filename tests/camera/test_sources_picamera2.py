"""The picamera2 source on a fake of the library's methods: behaviour, and faults it cannot have."""

import asyncio
import sys
import threading
import time
from typing import Any

import pytest

from services.camera.sources import SourceError, metadata, picamera2
from services.camera.sources.size import SizedSource
from tests.camera.fake_picamera2 import World, install
from tests.camera.picamera2_behaviour import BEHAVIOURS, camera, fails_to_open, refused


@pytest.mark.parametrize("name", BEHAVIOURS)
async def test_the_source(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, behaviour = BEHAVIOURS[name]
    world = install(monkeypatch, World(model, cameras=0 if model == "none" else 1))
    await behaviour(world.scene)
    assert world.held == 0, "a request was not released"
    assert not world.opened
    assert not world.sensor_hdr, "the sensor was left in HDR"
    assert all(failed.notifymeread.closed for failed in world.failed)


async def test_a_missing_library_is_told_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    message = await fails_to_open(camera())
    assert "sudo apt install python3-picamera2" in message
    assert "--system-site-packages" in message


async def test_a_library_that_hangs_does_not_keep_close_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = install(monkeypatch, World())
    monkeypatch.setattr(picamera2, "CLOSE_SECONDS", 0.1)
    source = camera()
    await source.open()
    world.hang = True
    start = time.monotonic()
    await source.close()
    assert time.monotonic() - start < 30
    hanging = [thread for thread in threading.enumerate() if thread.name == "camera"]
    assert hanging
    assert all(thread.daemon for thread in hanging), "they would keep the process from ending"
    world.leave.set()
    for thread in hanging:
        await asyncio.to_thread(thread.join, 5)


async def test_the_sizes_to_choose_from_are_known_once_it_was_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(monkeypatch, World())
    source = camera()
    assert isinstance(source, SizedSource)
    assert source.sizes((1920, 1080)) == ()
    await source.open()
    await source.close()
    assert source.sizes((1920, 1080))[-1] == (4608, 2592)
    assert (1920, 1080) in source.sizes((1920, 1080))


async def test_without_exposure_in_the_metadata_a_picture_is_taken_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = install(monkeypatch, World("imx219"))
    world.fields_absent = {"ExposureTime", "Lux", "FocusFoM", "AnalogueGain"}
    source = camera()
    await source.open()
    picture = await source.capture(80)
    await source.close()
    assert picture.lux is None
    assert picture.meta.keys() == {"digital_gain", "colour_temperature"}


async def test_a_camera_that_disappears_is_told_and_used_again_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = install(monkeypatch, World())
    source = camera(autofocus="off", timeout=1.0)
    await source.open()
    await source.capture(80)
    world.cameras = 0
    world.scene(stall=1)
    assert "cable" in await refused(source)
    await source.close()
    assert "rpicam-hello --list-cameras" in await fails_to_open(source)
    await source.close()
    world.cameras = 1
    world.scene()
    await source.open()
    assert (await source.capture(80)).jpeg
    await source.close()
    assert world.held == 0


async def test_any_error_of_the_library_is_a_sentence_with_a_next_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(monkeypatch, World())
    source = camera()
    await source.open()
    library = sys.modules["picamera2"].Picamera2

    def no_memory(*_: Any, **__: Any) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(library, "captured_request", no_memory)
    message = await refused(source)
    await source.close()
    assert "Cannot allocate memory" in message
    assert "camera.resolution" in message


async def test_a_closed_camera_says_that_it_is_not_open() -> None:
    with pytest.raises(SourceError, match="not open"):
        await camera().capture(80)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, "bright", None])
def test_a_lux_that_is_none_is_left_out(value: object) -> None:
    assert metadata.lux({"Lux": value}) is None


def test_the_wall_clock_of_a_frame_is_its_timestamp_less_the_exposure() -> None:
    frame = {"FrameWallClock": 1_700_000_000_500_000_000, "ExposureTime": 250_000}
    assert metadata.exposure_start(frame) == 1_700_000_000.25


def test_a_monotonic_stamp_becomes_unix_time() -> None:
    frame = {"SensorTimestamp": time.monotonic_ns() - 2_000_000_000, "ExposureTime": 1_000_000}
    assert metadata.exposure_start(frame) == pytest.approx(time.time() - 3, abs=0.5)


def test_a_frame_without_any_clock_was_taken_now() -> None:
    assert metadata.exposure_start({}) == pytest.approx(time.time(), abs=0.5)
