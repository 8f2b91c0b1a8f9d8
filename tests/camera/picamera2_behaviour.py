"""What the picamera2 source must do, told once for the fake and for the real library.

Run as `python -m tests.camera.picamera2_behaviour NAME` under the simulated cameras.
"""

import asyncio
import io
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from unittest import mock

from PIL import Image

from services.camera.settings import Camera
from services.camera.sources import Picture, Source, SourceError, make_source, metadata
from services.camera.sources.frames import FrameSource, LuxSource
from tests.camera.control_behaviour import CONTROLS
from tests.camera.network_behaviour import NETWORKS
from tests.camera.stream_behaviour import STREAMING

Scene = Callable[..., None]
Behaviour = Callable[[Scene], Awaitable[None]]


def camera(**settings: Any) -> Source:
    values = {"source": "picamera2", "resolution": (640, 360), "timeout": 5.0, **settings}
    return make_source(Camera(**values))


async def refused(source: Source, quality: int = 80) -> str:
    try:
        await source.capture(quality)
    except SourceError as error:
        return str(error)
    raise AssertionError("no SourceError")


async def until(source: Source, condition: Callable[[Picture], bool]) -> Picture:
    """The first picture that meets a condition: exposure and focus take some frames."""
    async with asyncio.timeout(30):
        while True:
            picture = await source.capture(80)
            if condition(picture):
                return picture


def bars(jpeg: bytes) -> int:
    """The frame's own stamp, drawn into its last rows: 24 bits of SensorTimestamp in ms."""
    with Image.open(io.BytesIO(jpeg)) as image:
        row = image.convert("L").crop((0, image.height - 3, image.width, image.height - 2))
    shades = row.tobytes()
    cells = [int(shades[int((i + 0.5) * len(shades) / 28)] > 128) for i in range(28)]
    assert (cells[:2], cells[-2:]) == ([1, 0], [0, 1]), cells
    return int("".join(map(str, cells[2:26])), 2)


async def picture_and_metadata_are_of_one_frame(scene: Scene) -> None:
    scene(barcode=1)
    source = camera()
    await source.open()
    seen: list[dict[str, Any]] = []
    real = metadata.exposure_start

    def spy(values: dict[str, Any]) -> float:
        seen.append(values)
        return real(values)

    with mock.patch.object(metadata, "exposure_start", spy):
        pictures = [await source.capture(90) for _ in range(4)]
    await source.close()
    stamps = [m["SensorTimestamp"] // 1_000_000 & 0xFFFFFF for m in seen]
    assert [bars(picture.jpeg) for picture in pictures] == stamps
    assert len(set(stamps)) == 4


async def a_picture_tells_what_was_measured(scene: Scene) -> None:
    scene(lux=400, temperature=41)
    source = camera(autofocus="off")
    await source.open()
    picture = await source.capture(80)
    await source.close()
    assert source.model == "imx708"
    assert source.resolution == (640, 360) == (picture.width, picture.height)
    with Image.open(io.BytesIO(picture.jpeg)) as image:
        assert (image.format, image.size) == ("JPEG", (640, 360))
    assert picture.lux is not None
    assert abs(picture.lux - 400) < 8
    assert picture.temperature == 41
    assert picture.meta.keys() >= {
        "exposure_us",
        "gain",
        "digital_gain",
        "colour_temperature",
        "lens_position",
        "focus_fom",
        "af_state",
    }
    assert "focused" not in picture.meta


async def a_frame_is_exposed_after_it_was_asked_for(scene: Scene) -> None:
    scene()
    source = camera(autofocus="off")
    await source.open()
    for _ in range(3):
        before = time.time()
        picture = await source.capture(80)
        assert before - 0.03 <= picture.timestamp <= time.time()
    await source.close()


async def lux_and_gain_follow_the_light(scene: Scene) -> None:
    scene(lux=400)
    source = camera(autofocus="off")
    await source.open()
    day = await source.capture(80)
    scene(lux=2)
    night = await until(source, lambda p: p.meta["gain"] == 16)
    await source.close()
    assert night.lux is not None
    assert abs(night.lux - 2) < 0.2
    assert night.meta["exposure_us"] > day.meta["exposure_us"]  # type: ignore[operator]


async def continuous_autofocus_waits_for_the_lens(scene: Scene) -> None:
    scene(distance=0.5)
    source = camera(autofocus="continuous")
    await source.open()
    picture = await source.capture(80)
    await source.close()
    assert picture.meta["focused"] is True
    assert picture.meta["lens_position"] == 2.0


async def a_focus_cycle_runs_before_each_picture(scene: Scene) -> None:
    scene(distance=0.25)
    source = camera(autofocus="cycle")
    await source.open()
    near = await source.capture(80)
    scene(distance=1.0)
    far = await source.capture(80)
    await source.close()
    assert (near.meta["focused"], near.meta["lens_position"]) == (True, 4.0)
    assert (far.meta["focused"], far.meta["lens_position"]) == (True, 1.0)


async def a_picture_out_of_focus_is_used_and_says_so(scene: Scene) -> None:
    for autofocus in ("continuous", "cycle"):
        scene(focusable=0, distance=0.3)
        source = camera(autofocus=autofocus)
        await source.open()
        picture = await source.capture(80)
        await source.close()
        assert picture.meta["focused"] is False, autofocus


async def a_focus_cycle_is_bounded_in_time(scene: Scene) -> None:
    scene(distance=0.3)
    source = camera(autofocus="cycle", autofocus_timeout=0.02)
    await source.open()
    picture = await source.capture(80)
    await source.close()
    assert picture.meta["focused"] is False


async def a_stall_is_an_error_and_opening_again_works(scene: Scene) -> None:
    scene()
    source = camera(autofocus="cycle", autofocus_timeout=0.4, timeout=1.2)
    await source.open()
    await source.capture(80)
    scene(stall=1)
    start = time.monotonic()
    while "camera cable" not in await refused(source):
        pass
    assert time.monotonic() - start < 30
    await source.close()
    scene()
    await source.open()
    assert (await source.capture(80)).jpeg
    await source.close()
    await source.close()


async def frames_with_errors_are_no_pictures_and_opening_again_works(scene: Scene) -> None:
    scene()
    source = camera(autofocus="off", timeout=1.2)
    await source.open()
    scene(error=1)
    while "gave no frame" not in await refused_or_taken(source):
        pass
    await source.close()
    scene()
    await source.open()
    assert (await source.capture(80)).jpeg
    await source.close()


async def refused_or_taken(source: Source) -> str:
    """Frames from before the fault may still come."""
    try:
        await source.capture(80)
    except SourceError as error:
        return str(error)
    return ""


async def a_cancelled_capture_lets_go_of_the_camera(scene: Scene) -> None:
    scene()
    source = camera(timeout=60)
    await source.open()
    scene(stall=1)
    task = asyncio.create_task(source.capture(80))
    await asyncio.wait([task], timeout=0.3)  # a frame taken before the stall may still come
    if task.done():
        task = asyncio.create_task(source.capture(80))
        await asyncio.wait([task], timeout=0.3)
    task.cancel()
    start = time.monotonic()
    await source.close()
    assert time.monotonic() - start < 30
    assert task.cancelled()
    scene()
    await source.open()
    assert (await source.capture(80)).jpeg
    await source.close()


async def detectors_see_the_picture_small_without_its_padding(scene: Scene) -> None:
    scene()
    source = camera(resolution=(1288, 724))  # 640 x 360 and less, padded to 64 on a Pi 5
    assert isinstance(source, FrameSource)
    await source.open()
    frame = await source.frame(322, 240)
    picture = await source.capture(80)
    await source.close()
    assert frame.shape == (181, 322)
    assert frame[:, -4:].mean() > 20, "the last columns are the picture's, not the padding's"
    assert (picture.width, picture.height) == (1288, 724)


async def the_light_is_known_without_a_picture(scene: Scene) -> None:
    scene(lux=400)
    source = camera(autofocus="off")
    assert isinstance(source, LuxSource)
    await source.open()
    lux = await source.lux()
    await source.close()
    assert lux is not None
    assert abs(lux - 400) < 8


async def a_camera_in_use_is_told_and_leaks_nothing(scene: Scene) -> None:
    scene()
    first, second = camera(), camera()
    await first.open()
    await fails_to_open(second)
    descriptors = open_descriptors()
    for _ in range(3):
        assert "in use by another process" in await fails_to_open(second)
    assert open_descriptors() == descriptors
    assert (await first.capture(80)).jpeg
    await first.close()
    await second.open()
    await second.close()


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def fails_to_open(source: Source) -> str:
    try:
        await source.open()
    except SourceError as error:
        return str(error)
    raise AssertionError("opened")


async def a_camera_that_is_not_there_is_told_with_those_that_are(scene: Scene) -> None:
    scene()
    message = await fails_to_open(camera(number=3))
    assert "camera.number = 3" in message
    assert "0 (imx708)" in message


async def a_camera_without_lens_needs_no_focus(scene: Scene) -> None:
    scene()
    for autofocus in ("off", "continuous", "cycle"):
        source = camera(autofocus=autofocus)
        await source.open()
        picture = await source.capture(80)
        await source.close()
        assert source.model == "imx219"
        assert picture.meta.keys().isdisjoint({"focused", "af_state", "lens_position"})
        assert picture.temperature is None


async def no_camera_is_told_with_the_next_step(scene: Scene) -> None:
    scene()
    message = await fails_to_open(camera())
    assert "No camera was found" in message
    assert "rpicam-hello --list-cameras" in message


WITH_LENS: dict[str, Behaviour] = {
    behaviour.__name__: behaviour
    for behaviour in (
        picture_and_metadata_are_of_one_frame,
        a_picture_tells_what_was_measured,
        a_frame_is_exposed_after_it_was_asked_for,
        lux_and_gain_follow_the_light,
        continuous_autofocus_waits_for_the_lens,
        a_focus_cycle_runs_before_each_picture,
        a_picture_out_of_focus_is_used_and_says_so,
        a_focus_cycle_is_bounded_in_time,
        a_stall_is_an_error_and_opening_again_works,
        frames_with_errors_are_no_pictures_and_opening_again_works,
        a_cancelled_capture_lets_go_of_the_camera,
        detectors_see_the_picture_small_without_its_padding,
        the_light_is_known_without_a_picture,
        a_camera_in_use_is_told_and_leaks_nothing,
        a_camera_that_is_not_there_is_told_with_those_that_are,
    )
}
OTHERS: dict[str, tuple[str, Behaviour]] = {
    a_camera_without_lens_needs_no_focus.__name__: ("imx219", a_camera_without_lens_needs_no_focus),
    no_camera_is_told_with_the_next_step.__name__: ("none", no_camera_is_told_with_the_next_step),
}
BEHAVIOURS: dict[str, tuple[str, Behaviour]] = {
    **CONTROLS,
    **NETWORKS,
    **{name: ("imx708", behaviour) for name, behaviour in STREAMING.items()},
    **{name: ("imx708", behaviour) for name, behaviour in WITH_LENS.items()},
    **OTHERS,
}


def simulated_scene(**keys: object) -> None:
    """Replace the simulated camera's scene in one step, so that it never reads half of it."""
    path = Path(os.environ["PICAMSIM_SCENE"])
    new = path.with_suffix(".new")
    new.write_text("".join(f"{key}={value}\n" for key, value in keys.items()))
    new.replace(path)


async def _run(behaviour: Behaviour) -> None:
    await behaviour(simulated_scene)


if __name__ == "__main__":
    asyncio.run(_run(BEHAVIOURS[sys.argv[1]][1]))
