"""JPEGs that are odd, and things that only look like one."""

import io
import struct
from collections.abc import Iterator
from functools import cache

from PIL import Image

from tests.support.pictures import plain_jpeg

ORIENTATION = 0x0112  # Exif 2.3, section 4.6.4
SHORT, ASCII, LONG, RATIONAL = 3, 2, 4, 5


def exif(tag: int, kind: int, count: int, value: bytes) -> bytes:
    """An APP1 segment with one entry, whose four bytes of value (or offset) are as given."""
    entry = struct.pack("<HHI4s", tag, kind, count, value[:4].ljust(4, b"\0"))
    tiff = b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0) + value
    return segment(0xE1, b"Exif\0\0" + tiff)


def segment(marker: int, data: bytes) -> bytes:
    """A segment of a JPEG."""
    return bytes([0xFF, marker]) + (len(data) + 2).to_bytes(2, "big") + data


def with_segment(jpeg: bytes, more: bytes) -> bytes:
    """The JPEG with one more segment at its beginning."""
    return jpeg[:2] + more + jpeg[2:]


def with_size(jpeg: bytes, width: int, height: int) -> bytes:
    """The JPEG with another size in its frame header (ITU T.81, section B.2.2)."""
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + struct.pack(">HH", height, width) + jpeg[at + 4 :]


@cache
def odd() -> dict[str, bytes]:
    """Each by what is odd in it."""
    return dict(_odd())


def _odd() -> Iterator[tuple[str, bytes]]:
    plain = plain_jpeg(640, 480)
    yield "plain", plain
    text = exif(ORIENTATION, ASCII, 9, b"sideways\0")
    yield "exif orientation is text", with_segment(plain, text)
    yield "exif orientation is short text", with_segment(plain, exif(ORIENTATION, ASCII, 2, b"6\0"))
    yield "exif orientation is a list", with_segment(
        plain, exif(ORIENTATION, SHORT, 2, b"\6\0\6\0"))  # fmt: skip
    yield "exif orientation is a fraction", with_segment(
        plain, exif(ORIENTATION, RATIONAL, 1, b"\x1a\0\0\0" + bytes(8)))  # fmt: skip
    yield "exif orientation is out of range", with_segment(
        plain, exif(ORIENTATION, LONG, 1, b"\xff\xff\xff\xff"))  # fmt: skip
    yield "exif orientation is 6", with_segment(plain, exif(ORIENTATION, SHORT, 1, b"\6\0\0\0"))
    yield "exif points outside", with_segment(plain, exif(0x8769, LONG, 1, b"\xff\xff\xff\x7f"))
    yield "exif points to itself", with_segment(plain, exif(0x8769, LONG, 1, b"\x08\0\0\0"))
    yield "exif is cut", with_segment(plain, segment(0xE1, b"Exif\0\0II*\0"))
    yield "exif is noise", with_segment(plain, segment(0xE1, b"Exif\0\0" + b"\xff" * 64))
    yield "icc profile is noise", with_segment(
        plain, segment(0xE2, b"ICC_PROFILE\0\1\1" + b"\0" * 40))  # fmt: skip
    yield (
        "mpo header is noise",
        with_segment(plain, segment(0xE2, b"MPF\0" + b"II*\0" + b"\xff" * 9)),
    )
    yield "adobe header is short", with_segment(plain, segment(0xEE, b"Adobe\0"))
    yield "jfif density is zero", plain.replace(b"JFIF\0\1\1\0\0\1\0\1", b"JFIF\0\1\1\1\0\0\0\0")
    yield "photoshop header is noise", with_segment(
        plain, segment(0xED, b"Photoshop 3.0\0" + b"8BIM\x03\xed\xff\xff\xff\xff"))  # fmt: skip
    for width, height in ((0, 0), (0, 480), (640, 0), (65535, 65535), (1, 65535), (12000, 12000)):
        yield f"size {width} x {height}", with_size(plain, width, height)
    yield "truncated", plain[: len(plain) // 2]
    yield "truncated with an end", plain[: len(plain) // 2] + b"\xff\xd9"
    yield "only markers", b"\xff\xd8\xff\xe0\xff\xd9"
    yield "only ends", b"\xff\xd8\xff\xd9"
    yield "empty", b""
    for mode in ("L", "CMYK", "RGB"):
        yield f"mode {mode}", _saved(Image.radial_gradient("L").convert(mode), "JPEG")
    yield "progressive", _saved(Image.radial_gradient("L"), "JPEG", progressive=True)
    for kind in ("PNG", "GIF", "WEBP", "BMP", "TIFF"):
        yield kind, _saved(Image.radial_gradient("L").convert("RGB"), kind)
    yield "a page", b"<!doctype html><script>alert(1)</script>"
    yield "a page inside", with_segment(plain, segment(0xFE, b"<script>alert(1)</script>"))


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
