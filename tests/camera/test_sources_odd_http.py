"""HTTP as cameras really speak it: each input was seen in a public report.

See "Cameras that do it their own way" in docs/node/sources.md.
"""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from PIL import Image

from services.camera.settings import Camera
from services.camera.sources import Picture, SourceError, make_source
from tests.support.pictures import plain_jpeg
from tests.support.rawcamera import Script, Write, answering
from tests.support.waiting import eventually

JPEG = plain_jpeg()
LONG = plain_jpeg(640, 480)
PAGE = b"<!doctype html><html><head><title>Sign &amp; go in</title></head><body>...</body></html>"


@pytest.fixture(autouse=True)
async def deadline() -> AsyncIterator[None]:
    async with asyncio.timeout(60):
        yield


async def taken(kind: str, answer: bytes | Script, **settings: Any) -> Picture:
    async with answering(answer) as port:
        url = f"http://127.0.0.1:{port}/picture"
        values = {"timeout": 8.0, "stale_after": 2.0, **settings}
        source = make_source(Camera.model_validate({"source": kind, "url": url, **values}))
        try:
            await source.open()
            return await source.capture(90)
        finally:
            await source.close()


async def refused(kind: str, answer: bytes | Script, **settings: Any) -> str:
    with pytest.raises(SourceError) as caught:
        await taken(kind, answer, **settings)
    return str(caught.value)


def http(head: bytes = b"", body: bytes = JPEG, first: bytes = b"HTTP/1.1 200 OK") -> bytes:
    return first + b"\r\n" + head + b"\r\n\r\n" + body


def restarting() -> bytes:
    """A JPEG with some bytes too many before each mark of a restart."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(JPEG)) as image:
        image.save(out, "JPEG", restart_marker_rows=1)
    return re.sub(rb"(\xff[\xd0-\xd7])", b"\x12\x34\x56\\1", out.getvalue())


RESTARTING = restarting()
LENGTH = b"Content-Length: %d" % len(JPEG)
SNAPSHOTS = {
    "a header without a name": http(b": oops\r\n" + LENGTH),  # home-assistant/core #14960
    "a header without a colon": http(b"Server uc-httpd\r\n" + LENGTH),
    "a date without a name": http(b"Tue, 12 Jun 2012 01:56:34 GMT\r\n" + LENGTH),  # core #151745
    "no header at all": JPEG,  # arduino-esp32 #3597
    "a blank before the colon": http(b"Content-Type : image/jpeg\r\n" + LENGTH),
    "a body some bytes short": http(b"Content-Length: %d" % (len(JPEG) + 9)),  # core #47511
    "a body some bytes long": http(b"Content-Length: %d" % (len(JPEG) - 1)),
    "its length twice": http(LENGTH + b"\r\n" + LENGTH),
    "a length that is none": http(b"Content-Length: none"),
    "another protocol": http(LENGTH, first=b"ICY 200 OK"),
    "no length": http(b"Connection: close"),
    "line feeds only": b"HTTP/1.1 200 OK\nContent-Type: image/jpeg\n\n" + JPEG,
    "a reason that is no text": http(LENGTH, first=b"HTTP/1.1 200 C\xe9st bon"),
    "a zero in a header": http(b"X-Name: a\0b\r\n" + LENGTH),
    "a long header": http(b"X-Long: " + b"x" * 9000 + b"\r\n" + LENGTH),
    "padding behind its end": http(b"Connection: close", JPEG + bytes(5000)),
    "a stream": http(
        b"Content-Type: multipart/x-mixed-replace; boundary=x", b"--x\r\n\r\n" + JPEG + b"\r\n--x"
    ),
}


@pytest.mark.parametrize("answer", SNAPSHOTS.values(), ids=SNAPSHOTS.keys())
async def test_a_snapshot_is_taken_in_spite_of(answer: bytes) -> None:
    picture = await taken("snapshot", answer)
    assert picture.jpeg == JPEG
    assert (picture.width, picture.height) == (64, 48)


NO_PICTURES = {
    "a page": (http(b"Content-Type: text/html", PAGE), 'a page "Sign & go in"'),
    "a text": (http(b"Content-Type: text/plain", b"camera  busy\n"), '"camera busy"'),
    "another kind": (http(b"Content-Type: image/png", b"\x89PNG\r\n\x1a\n"), "image/png"),
    "nothing": (http(b"Content-Length: 0", b""), "answers with nothing"),
    "a refusal that is no text": (
        http(b"Content-Length: 0", b"", b"HTTP/1.1 401 verweigert \xfc"),  # aiohttp #3279
        "it answers 401 verweigert \N{REPLACEMENT CHARACTER}",
    ),
    "no answer": (b"", "closed the connection without an answer"),
    "no HTTP": (b"hello\r\n\r\n", '"hello"'),
}


@pytest.mark.parametrize(("answer", "words"), NO_PICTURES.values(), ids=NO_PICTURES.keys())
@pytest.mark.parametrize("kind", ["snapshot", "rtsp"])
async def test_what_came_instead_of_a_picture_is_told(kind: str, answer: bytes, words: str) -> None:
    if kind == "rtsp" and "image/png" in words:
        words = "gives no picture"  # libav looks at it, and has words of its own
    message = await refused(kind, answer)
    assert words in message
    assert "0x" not in message
    message.encode()  # it is text


TYPE = b"Content-Type: multipart/x-mixed-replace; boundary=frame"
PART = b"Content-Type: image/jpeg\r\n\r\n"
STREAMS = {
    "no boundary before the first": (TYPE, [PART + JPEG + b"\r\n--frame\r\n"]),  # Tasmota #12376
    "parts without headers": (TYPE, [b"--frame\r\n\r\n" + JPEG]),
    "parts without even an empty line": (TYPE, [b"--frame\r\n" + JPEG]),
    "a boundary without dashes": (TYPE, [b"frame\r\n" + PART + JPEG + b"\r\n"]),
    "a boundary that was not announced": (TYPE, [b"--other\r\n" + PART + JPEG + b"\r\n"]),
    "no boundary in the type": (TYPE[:40], [b"--x\r\n" + PART + JPEG + b"\r\n"]),
    "no type": (b"Server: x", [b"--frame\r\n" + PART + JPEG + b"\r\n"]),
    "a wrong length of each part": (
        TYPE,
        [b"--frame\r\nContent-Length: 99999\r\n\r\n" + JPEG + b"\r\n"],
    ),
    "text parts between": (
        TYPE,
        [b"--frame\r\nContent-Type: text/plain\r\n\r\n25 C\r\n", b"--frame\r\n" + PART + JPEG],
    ),
    "line feeds only": (TYPE, [b"--frame\nContent-Type: image/jpeg\n\n" + JPEG + b"\n"]),
    "pictures and nothing else": (b"Content-Type: image/jpeg", [JPEG]),
    "no header at all": (None, [b"--frame\r\n" + PART + JPEG + b"\r\n"]),
    "bytes too many before a restart": (TYPE, [b"--frame\r\n" + PART + RESTARTING]),  # motion #65
    "no end mark": (TYPE, [b"--frame\r\n" + PART + JPEG[:-2] + b"\r\n"]),
}


@pytest.mark.parametrize(("head", "parts"), STREAMS.values(), ids=STREAMS.keys())
async def test_a_stream_is_read_in_spite_of(head: bytes | None, parts: list[bytes]) -> None:
    async def film(write: Write) -> None:
        await write(b"" if head is None else http(head, b""))
        while True:
            for part in parts:
                await write(part)
            await asyncio.sleep(0.02)

    async with answering(film) as port:
        url = f"http://127.0.0.1:{port}/film"
        source = make_source(Camera(source="rtsp", url=url, timeout=8.0, stale_after=2.0))
        await source.open()
        pictures = [await source.capture(90) for _ in range(3)]
        await source.close()
    assert {(picture.width, picture.height) for picture in pictures} == {(64, 48)}
    times = [picture.timestamp for picture in pictures]
    assert times == sorted(set(times)), "each is a newer frame"


@pytest.mark.parametrize("ending", [b"", b"\xff\xd9"], ids=["cut off", "with an end mark"])
async def test_half_a_jpeg_in_a_stream_is_never_a_picture(ending: bytes) -> None:
    async def film(write: Write) -> None:
        await write(http(TYPE, b""))
        for count in range(1000):
            jpeg = LONG if count % 3 == 2 else LONG[: len(LONG) // 2] + ending
            await write(b"--frame\r\n" + PART + jpeg + b"\r\n")
            await asyncio.sleep(0.02)

    async with answering(film) as port:
        url = f"http://127.0.0.1:{port}/film"
        source = make_source(Camera(source="rtsp", url=url, timeout=8.0, stale_after=2.0))
        await source.open()
        pictures = [await source.capture(90) for _ in range(4)]
        await source.close()
    assert all(
        last_line(picture.jpeg) == pytest.approx(last_line(LONG), abs=12) for picture in pictures
    )


def last_line(jpeg: bytes) -> list[int]:
    with Image.open(io.BytesIO(jpeg)) as image:
        return list(image.convert("L").tobytes()[-image.width :])


async def test_parts_that_are_no_pictures_are_named() -> None:
    async def film(write: Write) -> None:  # go2rtc #545
        await write(http(TYPE, b""))
        while True:
            await write(b"--frame\r\nContent-Type: video/x-h264\r\n\r\n" + bytes(100) + b"\r\n")
            await asyncio.sleep(0.02)

    assert "its parts are video/x-h264, not JPEGs" in await refused("rtsp", film, timeout=1.0)


async def test_a_stream_of_halves_is_told() -> None:
    async def film(write: Write) -> None:
        await write(http(TYPE, b""))
        while True:
            await write(b"--frame\r\n" + PART + LONG[: len(LONG) // 2] + b"\r\n")
            await asyncio.sleep(0.02)

    assert "its pictures are damaged (it is cut off)" in await refused("rtsp", film, timeout=2.0)


async def test_the_size_is_told_as_it_is_now() -> None:
    size = [64, 48]

    async def film(write: Write) -> None:
        await write(http(TYPE, b""))
        while True:
            await write(b"--frame\r\n" + PART + plain_jpeg(*size) + b"\r\n")
            await asyncio.sleep(0.02)

    async with answering(film) as port:
        url = f"http://127.0.0.1:{port}/film"
        source = make_source(Camera(source="rtsp", url=url, timeout=8.0, stale_after=2.0))
        await source.open()
        await source.capture(90)
        size[:] = [160, 120]

        async def larger() -> bool:
            return (await source.capture(90)).width == 160

        await eventually(larger)
        assert source.resolution == (160, 120)
        await source.close()


@pytest.mark.parametrize(
    "host", ["a" * 70, "ex..ample", "-", "\u2100", "a b", "xn--", "127.0.0.1.."]
)
@pytest.mark.parametrize("scheme", ["http", "https", "rtsp", "rtsps"])
async def test_a_name_that_is_none_is_told(scheme: str, host: str) -> None:
    for kind in ("snapshot", "rtsp") if scheme.startswith("http") else ("rtsp",):
        try:
            settings = Camera.model_validate(
                {"source": kind, "url": f"{scheme}://{host}/x", "timeout": 3.0}
            )
        except ValueError:
            continue  # refused at once, which is as well
        source = make_source(settings)
        with pytest.raises(SourceError):
            await source.open()
            await source.capture(90)
        await source.close()
