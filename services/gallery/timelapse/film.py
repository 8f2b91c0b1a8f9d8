"""`python -m services.gallery.timelapse.film FILE OPTIONS`: JPEGs from stdin into an MP4 (H.264).

A process by itself: what a foreign picture does to a decoder stays in it, its memory goes with it,
it yields to everybody else, and to end it is to cancel it. Each picture comes as its time (Unix
seconds, float64), its length (uint32), both big-endian, and its bytes.
"""

import json
import os
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import IO, Any, Final

import av
from PIL import Image, ImageDraw, ImageFont, ImageStat

from lookout.amounts.times import parse_zone
from lookout.vision.pictures import BadPicture, drawn, opened
from lookout.vision.upright import upright_size

HEAD: Final = struct.Struct(">dI")
MOST_PIXELS: Final = 50_000_000
NICE: Final = 10
QUALITY: Final = "23"  # x264's constant rate factor: its own default
STEADY: Final = 0.9  # how much of the light of the pictures before counts
MOST_GAIN: Final = 1.6


@dataclass(frozen=True, slots=True)
class Look:
    """How the film is to be. `width` in pixels, `rate` in pictures a second."""

    width: int = 1280
    rate: int = 24
    stamp: bool = True
    level: bool = False
    tz: str = ""


def pictures(source: IO[bytes]) -> Iterator[tuple[float, bytes]]:
    """What comes in, until it ends."""
    while len(head := source.read(HEAD.size)) == HEAD.size:
        timestamp, length = HEAD.unpack(head)
        yield timestamp, source.read(length)


def make(source: IO[bytes], path: Path, look: Look) -> int:
    """Write the film; how many pictures are in it. One that does not decode is left out."""
    zone, light, count = parse_zone(look.tz) if look.tz else None, Light(), 0
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as film:
        stream: Any = None
        for timestamp, data in pictures(source):
            try:
                with opened(data, most_pixels=MOST_PIXELS) as image:
                    if stream is None:
                        stream = _stream(film, look, upright_size(image))
                    frame = drawn(image, _within(upright_size(image), stream.width, stream.height))
            except BadPicture:
                continue
            whole = _framed(light.levelled(frame) if look.level else frame, stream)
            if look.stamp:
                _stamp(whole, timestamp, zone)
            film.mux(stream.encode(_frame(whole)))
            count += 1
            print(count, flush=True)  # noqa: T201
        if stream is not None:
            film.mux(stream.encode(None))
    return count


class Light:
    """Makes pictures as bright as those before them were, so that clouds do not flicker."""

    def __init__(self) -> None:
        self._usual = 0.0

    def levelled(self, image: Image.Image) -> Image.Image:
        """The picture, brighter or darker by no more than MOST_GAIN."""
        mean = max(1.0, ImageStat.Stat(image.convert("L")).mean[0])
        self._usual = STEADY * self._usual + (1 - STEADY) * mean if self._usual else mean
        gain = min(MOST_GAIN, max(1 / MOST_GAIN, self._usual / mean))
        return image.point([min(255, round(each * gain)) for each in range(256)] * 3)


def _stream(film: Any, look: Look, size: tuple[int, int]) -> Any:
    """As wide as asked, no wider than the first picture; H.264 wants even numbers."""
    width = min(look.width, size[0])
    height = round(width * size[1] / size[0])
    options = {"preset": "veryfast", "crf": QUALITY}
    stream = film.add_stream("libx264", rate=look.rate, options=options)
    stream.width, stream.height = max(2, width // 2 * 2), max(2, height // 2 * 2)
    stream.pix_fmt = "yuv420p"
    stream.thread_count = 1  # others want to work, too
    return stream


def _frame(image: Image.Image) -> Any:
    from_image: Any = av.VideoFrame.from_image
    return from_image(image)


def _within(size: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    scale = min(width / size[0], height / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _framed(image: Image.Image, stream: Any) -> Image.Image:
    """Pictures of another shape than the first have black beside them."""
    size = (stream.width, stream.height)
    if image.size == size:
        return image
    whole = Image.new("RGB", size)
    whole.paste(image, ((size[0] - image.width) // 2, (size[1] - image.height) // 2))
    return whole


def _stamp(image: Image.Image, timestamp: float, zone: tzinfo | None) -> None:
    text = datetime.fromtimestamp(timestamp, zone).strftime("%Y-%m-%d %H:%M")
    font, edge = ImageFont.load_default(max(10, image.width // 40)), image.width // 60
    place = (edge, image.height - edge)
    draw = ImageDraw.Draw(image)
    draw.text(place, text, "white", font, "ls", stroke_width=2, stroke_fill="black")


def main() -> None:
    """Entry point; the answer is the exit code, and how many pictures are done, a line each."""
    os.nice(NICE)
    path, options = sys.argv[1:]
    if not make(sys.stdin.buffer, Path(path), Look(**json.loads(options))):
        print("none of the pictures could be read")  # noqa: T201
        sys.exit(1)


if __name__ == "__main__":
    main()
