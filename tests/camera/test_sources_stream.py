"""Streams: MJPEG over HTTP, real RTSP, a USB camera's device; cut, stalled, refused, and back."""

import asyncio
import io
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import av
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from PIL import Image

from lookout.embedded.ports import free_port
from services.camera.settings import Camera
from services.camera.sources import Picture, Source, SourceError, make_source, stream
from services.camera.sources.decoding import Decoding
from tests.camera.films import make_film
from tests.camera.picamera2_behaviour import fails_to_open, refused
from tests.support.rtsp import needs_gstreamer, rtsp_camera
from tests.support.waiting import eventually


def source_of(url: str, **settings: Any) -> Source:
    values = {"timeout": 8.0, "stale_after": 1.0, **settings}
    return make_source(Camera(source="rtsp", url=url, **values))


class Mjpeg:
    """An IP camera that sends numbered shades of grey, for as long as it is let."""

    def __init__(self) -> None:
        self.number = 0
        self.stalled = False

    async def film(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={"Content-Type": "multipart/x-mixed-replace; boundary=frame"}
        )
        await response.prepare(request)
        try:
            while True:
                if not self.stalled:
                    await response.write(self._part())
                await asyncio.sleep(0.02)
        except (ConnectionError, asyncio.CancelledError):
            return response

    def _part(self) -> bytes:
        self.number += 1
        out = io.BytesIO()
        Image.new("L", (64, 48), self.number % 256).save(out, "JPEG", quality=95)
        jpeg = out.getvalue()
        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
        return head.encode() + jpeg + b"\r\n"


@asynccontextmanager
async def served(camera: Mjpeg, port: int = 0) -> AsyncIterator[TestServer]:
    app = web.Application()
    app.router.add_get("/film", camera.film)
    server = TestServer(app, port=port)
    await server.start_server(shutdown_timeout=0.1)
    try:
        yield server
    finally:
        await server.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses that a test can wait for."""
    monkeypatch.setattr(stream, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(stream, "LONGEST_PAUSE", 0.2)


async def test_each_picture_is_a_newer_frame() -> None:
    camera = Mjpeg()
    async with served(camera) as server:
        source = source_of(str(server.make_url("/film")))
        await source.open()
        before = time.time()
        pictures = [await source.capture(90) for _ in range(4)]
        await source.close()
    shades = [shade(picture) for picture in pictures]
    assert shades == sorted(set(shades))
    assert source.resolution == (64, 48) == (pictures[0].width, pictures[0].height)
    assert all(before - 1 <= picture.timestamp <= time.time() for picture in pictures)
    assert not streaming()


def shade(picture: Picture) -> int:
    with Image.open(io.BytesIO(picture.jpeg)) as image:
        return int(image.convert("L").resize((1, 1)).tobytes()[0])


def streaming() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "stream"]


async def test_a_frame_that_is_old_is_an_error_and_never_a_picture(quick: None) -> None:
    camera = Mjpeg()
    async with served(camera) as server:
        source = source_of(str(server.make_url("/film")), stale_after=0.5)
        await source.open()
        await source.capture(90)
        camera.stalled = True
        assert "gives no picture" in await refused_in_the_end(source)
        await source.close()
        camera.stalled = False
        await again(source)
        await source.close()


async def refused_in_the_end(source: Source) -> str:
    """Frames that came before the fault may still be given."""
    while True:
        try:
            await source.capture(90)
        except SourceError as error:
            return str(error)


async def again(source: Source) -> Picture:
    """As the node does it: close, and open for the next picture, until there is one."""

    async def attempt() -> Picture | None:
        try:
            await source.open()
            return await source.capture(90)
        except SourceError:
            await source.close()
            return None

    picture = await eventually(attempt, 30.0)
    assert isinstance(picture, Picture)
    return picture


async def test_a_camera_that_goes_away_is_found_again(quick: None) -> None:
    camera = Mjpeg()
    async with served(camera) as server:
        port = server.port
        source = source_of(str(server.make_url("/film")))
        await source.open()
        await source.capture(90)
    message = await refused_in_the_end(source)
    assert "Check the camera and its address" in message
    await source.close()
    assert port is not None
    async with served(camera, port):
        await again(source)
        await source.close()


async def test_attempts_are_further_and_further_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    source = source_of(f"http://127.0.0.1:{free_port()}/film")
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    pauses = []
    for _ in range(8):
        assert "Connection refused" in await fails_to_open(source)
        assert "next attempt is in" in await fails_to_open(source)
        start = clock[0]
        while "next attempt" in await fails_to_open(source):
            clock[0] += 0.5
        pauses.append(clock[0] - start)
        clock[0] += 1000.0
    assert pauses[:3] == [1.0, 4.0, 16.0]
    assert max(pauses) <= stream.LONGEST_PAUSE


def test_frames_begin_with_a_keyframe_and_damage_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    make_film(path, 40)
    with av.open(str(path)) as film:
        packets = list(film.demux(video=0))
        keys = [index for index, packet in enumerate(packets) if packet.is_keyframe]
        assert keys[1] > 4, "the film has frames that need others"

        class Joined:
            """A stream that was joined in the middle."""

            def demux(self, **_: int) -> Iterator[Any]:
                yield from packets[3:]

        reader = object.__new__(Decoding)
        reader._closing = threading.Event()
        reader._current = True
        frames = list(islice(reader._whole(Joined()), 1))  # type: ignore[arg-type]
    assert frames[0].key_frame
    assert frames[0].pts == packets[keys[1]].pts


async def test_a_usb_camera_is_opened_at_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = make_source(Camera(source="v4l2", path="/dev/video99", resolution=(320, 240)))
    assert "/dev/video99 gives no picture: No such file" in await fails_to_open(missing)
    await missing.close()
    asked: list[Any] = []

    def refuse(*args: Any, **settings: Any) -> None:
        asked.append((*args, settings["format"], settings["options"]))
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr(av, "open", refuse)
    source = make_source(Camera(source="v4l2", path="/dev/video7", resolution=(320, 240)))
    assert "Device or resource busy" in await fails_to_open(source)
    await source.close()
    assert asked == [("/dev/video7", "v4l2", {"video_size": "320x240"})]


@needs_gstreamer
async def test_an_rtsp_camera_that_loses_power_is_found_again(quick: None) -> None:
    port = free_port()
    source = source_of(f"rtsp://me:s3cret@127.0.0.1:{port}/garden")
    async with rtsp_camera(port, "--login", "me:s3cret"):
        await source.open()
        first = await source.capture(90)
        assert (first.width, first.height) == (320, 240)
        assert (await source.capture(90)).jpeg != first.jpeg
    message = await refused_in_the_end(source)
    assert "s3cret" not in message
    await source.close()
    async with rtsp_camera(port, "--login", "me:s3cret"):
        picture = await again(source)
        assert picture.width == 320
        await source.close()


@needs_gstreamer
async def test_the_first_picture_is_a_new_one() -> None:
    port = free_port()
    source = source_of(f"rtsp://127.0.0.1:{port}/garden", stale_after=5.0)
    async with rtsp_camera(port):
        await source.open()
        start = time.monotonic()
        for _ in range(15):  # the camera gives 15 frames a second
            await source.capture(90)
        assert time.monotonic() - start > 0.6, "some came from before, all at once"
        await source.close()


@needs_gstreamer
async def test_a_wrong_password_is_told_and_not_repeated() -> None:
    port = free_port()
    source = source_of(f"rtsp://me:wr0ng@127.0.0.1:{port}/garden")
    async with rtsp_camera(port, "--login", "me:s3cret"):
        message = await fails_to_open(source)
    await source.close()
    assert "401" in message
    assert "wr0ng" not in message


@needs_gstreamer
@pytest.mark.parametrize("codec", ["h265", "jpeg"])
async def test_other_codecs_are_pictures_too(codec: str) -> None:
    port = free_port()
    async with rtsp_camera(port, "--codec", codec):
        picture = await again(source_of(f"rtsp://127.0.0.1:{port}/garden", stale_after=5.0))
    assert (picture.width, picture.height) == (320, 240)


@needs_gstreamer
@pytest.mark.parametrize(
    ("transport", "answer"), [("auto", ""), ("udp", ""), ("tcp", "Protocol not supported")]
)
async def test_a_camera_that_has_udp_only(transport: str, answer: str) -> None:
    port = free_port()  # Frigate #1907, RTSPtoWeb #249
    source = source_of(f"rtsp://127.0.0.1:{port}/garden", transport=transport, stale_after=5.0)
    async with rtsp_camera(port, "--udp"):
        if answer:
            assert answer in await fails_to_open(source)
        else:
            await source.open()
            assert (await source.capture(90)).width == 320
        await source.close()


@needs_gstreamer
async def test_packets_that_overtake_others_or_get_lost_damage_no_picture() -> None:
    port = free_port()
    source = source_of(f"rtsp://127.0.0.1:{port}/garden", transport="udp", stale_after=8.0)
    async with rtsp_camera(port, "--udp", "--late", "5", "--lost", "17"):
        await source.open()
        pictures = [await source.capture(90) for _ in range(8)]
        await source.close()
    assert max(map(grey_share, pictures)) < 0.1, "a white ball on black"


def grey_share(picture: Picture) -> float:
    """How much of it is neither black nor white: damage is grey, or smeared."""
    with Image.open(io.BytesIO(picture.jpeg)) as image:
        shades = image.convert("L").histogram()
    return sum(shades[60:200]) / sum(shades)


@needs_gstreamer
async def test_a_stream_of_sound_is_told() -> None:
    port = free_port()
    source = source_of(f"rtsp://127.0.0.1:{port}/garden", stale_after=5.0)
    async with rtsp_camera(port, "--codec", "sound"):
        assert "it carries no video (audio only)" in await fails_to_open(source)
        await source.close()


async def test_a_closed_stream_is_opened_by_the_next_picture(quick: None) -> None:
    source = source_of(f"http://127.0.0.1:{free_port()}/film")
    assert "Connection refused" in await refused(source)
    await source.close()
    await source.close()
