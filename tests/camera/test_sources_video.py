"""The film source: the frame that is due, exactly, at any moment of the loop."""

import asyncio
import io
import random
import time
from pathlib import Path

import av
import pytest
from PIL import Image

from services.camera.settings import Camera
from services.camera.sources import SourceError
from services.camera.sources.film import Film
from services.camera.sources.video import Video
from tests.camera.films import SIZE, make_film, number_of

FOOTAGE = Path(__file__).parents[3] / "shared" / "data" / "one-by-one-person.mp4"
footage = pytest.mark.skipif(not FOOTAGE.exists(), reason=f"the footage {FOOTAGE} is not here")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def video(path: Path, clock: Clock | None = None, **settings: object) -> Video:
    camera = Camera.model_validate({"source": "video", "path": path, **settings})
    return Video(camera, clock or Clock())


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [("mp4", "mpeg4"), ("mkv", "mpeg4"), ("avi", "mjpeg"), ("m4v", "mpeg4"), ("mjpeg", "mjpeg")],
)
async def test_any_frame_of_any_container_is_exact(tmp_path: Path, suffix: str, codec: str) -> None:
    path = make_film(tmp_path / f"film.{suffix}", 60, codec=codec)
    clock = Clock()
    film = video(path, clock, rate=10)
    await film.open()
    moments = [0, 1, 2, 30, 59, 5, 5, 58, 12, 11, *random.Random(1).choices(range(60), k=20)]
    for number in moments:
        clock.now = 100.0 + number / 10 + 0.05
        picture = await film.capture(90)
        assert (number_of(picture.jpeg), picture.meta["frame"]) == (number, number)
    await film.close()


async def test_it_loops_at_its_rate_from_when_it_was_opened(tmp_path: Path) -> None:
    clock = Clock()
    film = video(make_film(tmp_path / "film.mp4", 20), clock, rate=5)
    await film.open()
    clock.now += 4 * 2 + 1.0  # twice round, then a second: five frames
    picture = await film.capture(90)
    assert number_of(picture.jpeg) == 5
    assert picture.meta == {"film": "film.mp4", "frame": 5, "position": 0.5}
    assert picture.timestamp == pytest.approx(time.time(), abs=5)
    await film.close()


async def test_a_film_keeps_its_size_unless_it_is_over_the_limit(tmp_path: Path) -> None:
    path = make_film(tmp_path / "film.mp4", 3)
    own, smaller = video(path), video(path, resolution="80x80")
    for film, size in ((own, SIZE), (smaller, (80, 48))):
        await film.open()
        picture = await film.capture(80)
        with Image.open(io.BytesIO(picture.jpeg)) as image:
            assert image.size == (picture.width, picture.height) == film.resolution == size
        await film.close()


async def test_a_film_that_lies_on_its_side_is_shown_upright(tmp_path: Path) -> None:
    clock = Clock()
    film = video(make_film(tmp_path / "film.mp4", 3, rotation=90), clock)
    await film.open()
    clock.now += 0.15
    picture = await film.capture(80)  # frame 1: white on the left, which turns to the bottom
    with Image.open(io.BytesIO(picture.jpeg)) as image:
        rows = image.convert("L").resize((1, 8), Image.Resampling.BOX).tobytes()
    assert [shade > 128 for shade in rows] == [False] * 7 + [True]
    assert (picture.width, picture.height) == film.resolution == (SIZE[1], SIZE[0])
    await film.close()


async def test_damaged_frames_are_skipped(tmp_path: Path) -> None:
    path = make_film(tmp_path / "film.avi", 30, codec="mjpeg")
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        damaged = [packet for packet in container.demux(video=0) if packet.size][10:13]
        for packet in damaged:
            assert packet.pos is not None
            data[packet.pos + 8 : packet.pos + packet.size] = bytes(packet.size - 8)
    path.write_bytes(data)
    clock = Clock()
    film = video(path, clock, rate=10)
    await film.open()
    seen = []
    for moment in range(30):
        clock.now = 100.05 + moment / 10
        seen.append(number_of((await film.capture(90)).jpeg))
    await film.close()
    assert seen == [*range(10), 13, 13, 13, *range(13, 30)]


async def test_a_film_cut_short_plays_as_far_as_it_goes(tmp_path: Path) -> None:
    path = make_film(tmp_path / "film.mkv", 40)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    clock = Clock()
    film = video(path, clock, rate=10)
    await film.open()
    for _ in range(60):
        clock.now += 0.1
        assert number_of((await film.capture(90)).jpeg) < 30
    await film.close()


@pytest.mark.parametrize("content", [None, b"", b"not a film at all", "a folder", "sound"])
async def test_what_cannot_be_played_is_told(tmp_path: Path, content: bytes | str | None) -> None:
    path = tmp_path / "film.mp4"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "a folder":
        path.mkdir()
    elif content == "sound":
        _write_sound(path)
    film = video(path)
    with pytest.raises(SourceError, match=r"cannot be played: .*\. Check camera\.path") as error:
        await film.open()
    assert str(path) in str(error.value)
    await film.close()


def _write_sound(path: Path) -> None:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
        frame.rate = 8000
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


async def test_a_cancelled_capture_leaves_a_film_that_closes_and_opens(tmp_path: Path) -> None:
    film = video(make_film(tmp_path / "film.mp4", 30))
    await film.open()
    task = asyncio.create_task(film.capture(80))
    await asyncio.sleep(0)
    task.cancel()
    await film.close()
    await film.close()
    await film.open()
    assert number_of((await film.capture(80)).jpeg) == 0
    await film.close()
    with pytest.raises(SourceError, match="not open"):
        await film.capture(80)


async def test_an_endless_loop_of_a_single_picture(tmp_path: Path) -> None:
    Image.new("RGB", (64, 48), "red").save(tmp_path / "still.png")
    clock = Clock()
    film = video(tmp_path / "still.png", clock)
    await film.open()
    for _ in range(3):
        clock.now += 7.3
        assert (await film.capture(80)).meta["frame"] == 0
    await film.close()


@footage
async def test_frames_of_real_footage_are_those_of_a_plain_decoder() -> None:
    wanted = sorted(random.Random(2).sample(range(1394), 12))
    with av.open(str(FOOTAGE)) as container:
        plain = {
            number: bytes(frame.planes[0])
            for number, frame in enumerate(container.decode(video=0))
            if number in wanted
        }
    film = Film(FOOTAGE)
    assert len(film) == 1394
    for number in random.Random(3).sample(wanted, len(wanted)):
        found, frame = film.frame(number)
        assert found == number
        assert bytes(frame.planes[0]) == plain[number]
    film.close()
