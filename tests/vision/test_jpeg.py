"""The size that is read from a header is the one that Pillow reads, or none."""

import io
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, UnidentifiedImageError

from lookout.vision.jpeg import frame_size

KINDS = {
    "colour": ("RGB", {}),
    "grey": ("L", {}),
    "four colours": ("CMYK", {}),
    "progressive": ("RGB", {"progressive": True}),
    "restarts": ("RGB", {"restart_marker_blocks": 2}),
    "all tables optimized": ("RGB", {"optimize": True}),
    "comment": ("RGB", {"comment": b"from a camera"}),
    "Exif": ("RGB", {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0"}),
    "colour profile": ("RGB", {"icc_profile": bytes(200)}),
}


def jpeg(kind: str, size: tuple[int, int] = (48, 32)) -> bytes:
    mode, options = KINDS[kind]
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, "JPEG", **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def pillow(data: bytes) -> tuple[int, int] | None:
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data)) as image:
            return image.size
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        return None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(48, 32), (1, 1), (1920, 1080), (4608, 2592)])
def test_the_header_of_a_camera_tells_its_size(kind: str, size: tuple[int, int]) -> None:
    assert frame_size(jpeg(kind, size)) == size


@given(st.sampled_from(list(KINDS)), st.data())
def test_what_it_is_sure_of_is_what_pillow_says(kind: str, data: st.DataObject) -> None:
    damaged = bytearray(jpeg(kind))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(2, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    if (size := frame_size(bytes(damaged))) is not None:
        assert size == pillow(bytes(damaged))


SEGMENTS = st.builds(
    lambda kind, head, body: bytes([0xFF, kind]) + (2 + len(head + body)).to_bytes(2) + head + body,
    st.integers(0xC0, 0xFE),
    st.sampled_from(
        [
            b"",
            b"JFIF",
            b"JFIF\0\1\1",
            b"Adobe",
            b"MPF\0",
            b"ICC_PROFILE\0",
            b"Exif\0\0",
            b"Photoshop 3.0\0",
            b"\x08\0\x10\0\x10\3",
            b"\x08\0\x10\0\x10\1\1\x11\0",
        ]
    ),
    st.binary(max_size=20),
)


@given(st.lists(SEGMENTS, max_size=3), st.sampled_from(list(KINDS)))
def test_segments_of_any_kind_before_those_of_the_camera(segments: list[bytes], kind: str) -> None:
    data = jpeg(kind)
    data = data[:2] + b"".join(segments) + data[2:]
    if (size := frame_size(data)) is not None:
        assert size == pillow(data)


@given(st.binary(max_size=60))
def test_bytes_of_any_kind_have_no_size_or_that_of_pillow(data: bytes) -> None:
    if (size := frame_size(b"\xff\xd8" + data)) is not None:
        assert size == pillow(b"\xff\xd8" + data)


def test_a_header_that_ends_early_has_no_size() -> None:
    data = jpeg("colour")
    scan = data.index(b"\xff\xda") + 4
    assert {frame_size(data[:end]) for end in range(scan)} == {None}
