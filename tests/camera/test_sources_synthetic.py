"""The synthetic source: the same place at the same time, day and night, and somebody walking."""

import asyncio
import io
import itertools
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from PIL import Image, ImageChops, ImageStat

from scenery import Scene, light_at
from scenery.light import phase
from scenery.person import walker_at
from services.camera.settings import Camera
from services.camera.sources import SourceError
from services.camera.sources.synthetic import Synthetic

SIZE = (320, 180)
MIDNIGHT = datetime(2026, 6, 1, tzinfo=UTC).timestamp()
NOON = MIDNIGHT + 12 * 3600


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The scene follows the local clock, so the test says what that is."""
    monkeypatch.setitem(os.environ, "TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def synthetic(at: float, seed: int = 0, size: tuple[int, int] = SIZE) -> Synthetic:
    return Synthetic(Camera(source="synthetic", seed=seed, resolution=size), clock=lambda: at)


def brightness(image: Image.Image) -> float:
    return ImageStat.Stat(image.convert("L")).mean[0]


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of the upper part, without the clock."""
    area = (0, 0, SIZE[0], SIZE[1] * 9 // 10)
    apart = ImageChops.difference(one.crop(area), other.crop(area)).convert("L")
    return ImageStat.Stat(apart).mean[0]


async def test_the_same_seed_and_time_give_the_same_bytes() -> None:
    pictures = []
    for _ in range(2):
        source = synthetic(NOON + 7, seed=3)
        await source.open()
        await source.capture(85)
        pictures.append(await source.capture(85))
        await source.close()
    assert pictures[0] == pictures[1]
    with Image.open(io.BytesIO(pictures[0].jpeg)) as image:
        assert (image.format, image.size) == ("JPEG", SIZE)
    assert pictures[0].timestamp == NOON + 7


def test_a_scene_does_not_depend_on_what_was_drawn_before() -> None:
    used = Scene(1, SIZE)
    for hour in (0, 6, 12, 18):
        used.draw(MIDNIGHT + hour * 3600)
    assert used.draw(NOON + 100).tobytes() == Scene(1, SIZE).draw(NOON + 100).tobytes()


def test_seeds_differ() -> None:
    noons = [Scene(s, SIZE).draw(NOON - phase(s) * 3600) for s in range(6)]
    for index, one in enumerate(noons):
        for other in noons[index + 1 :]:
            assert difference(one, other) > 5


def test_nodes_with_other_seeds_see_another_hour() -> None:
    assert phase(0) == 0
    hours = sorted(light_at(seed, NOON).hour for seed in (1, 2, 3))
    assert hours[1] - hours[0] > 4
    assert hours[2] - hours[1] > 4


def test_day_is_bright_and_night_is_dark() -> None:
    scene = Scene(0, SIZE)
    assert brightness(scene.draw(NOON)) > 2.5 * brightness(scene.draw(MIDNIGHT))


async def test_what_is_measured_follows_the_light() -> None:
    noon, midnight = synthetic(NOON), synthetic(MIDNIGHT)
    await noon.open()
    await midnight.open()
    day, night = await noon.capture(80), await midnight.capture(80)
    assert day.lux is not None
    assert night.lux is not None
    assert 17_000 < day.lux < 21_000
    assert 0.08 < night.lux < 0.15
    assert day.temperature is not None
    assert night.temperature is not None
    assert day.temperature > night.temperature + 3
    assert day.meta["gain"] == 1
    assert night.meta["gain"] == 16
    assert night.meta["exposure_us"] == 66_666


def test_lux_rises_all_morning_and_flickers_a_little() -> None:
    hourly = [light_at(0, MIDNIGHT + hour * 3600).lux for hour in range(4, 13)]
    assert hourly == sorted(hourly)
    noon = {light_at(0, NOON + second).lux for second in range(20)}
    assert len(noon) == 20
    assert max(noon) < 1.1 * min(noon)


def test_somebody_walks_through_and_moves_the_legs() -> None:
    walkers = [walker_at(4, NOON + second, 16 / 9) for second in range(120)]
    present = [walker for walker in walkers if walker is not None]
    assert 60 < len(present) < 120
    crossing = [walker for walker in present if walker.trip == present[0].trip]
    steps = [b.x - a.x for a, b in itertools.pairwise(crossing)]
    assert all(step * crossing[0].forward > 0 for step in steps)
    at = NOON + walkers.index(present[-10])
    scene = Scene(4, SIZE)
    assert scene.draw(at).tobytes() != scene.draw(at + 0.2).tobytes()


def test_the_clock_is_burnt_in() -> None:
    scene = Scene(0, (640, 360))
    empty = next(NOON + s for s in range(300) if not any(_walks(NOON + s + d) for d in (0, 1)))
    corner = (0, 324, 320, 360)
    one, other = (scene.draw(empty + second).crop(corner) for second in (0, 1))
    assert ImageChops.difference(one, other).getbbox() is not None


def _walks(at: float) -> bool:
    return walker_at(0, at, 16 / 9) is not None


@pytest.mark.parametrize("size", [(16, 16), (97, 33), (33, 97)])
async def test_any_size_can_be_drawn(size: tuple[int, int]) -> None:
    for at in (NOON, MIDNIGHT):
        source = synthetic(at, seed=1, size=size)
        await source.open()
        picture = await source.capture(80)
        with Image.open(io.BytesIO(picture.jpeg)) as image:
            assert image.size == size == (picture.width, picture.height)


async def test_a_size_that_would_take_the_memory_is_refused() -> None:
    with pytest.raises(SourceError, match="16384x16384"):
        await synthetic(NOON, size=(16384, 16384)).open()


async def test_a_cancelled_capture_leaves_a_source_that_works() -> None:
    source = synthetic(NOON)
    await source.open()
    task = asyncio.create_task(source.capture(80))
    await asyncio.sleep(0)
    task.cancel()
    await source.close()
    await source.open()
    assert (await source.capture(80)).jpeg
    await source.close()
    with pytest.raises(SourceError, match="not open"):
        await source.capture(80)


def test_each_place_can_be_drawn_in_a_tall_picture_too() -> None:
    for seed in range(12):
        Scene(seed, (120, 160)).draw(NOON)
        Scene(seed, (160, 120)).draw(NOON)
