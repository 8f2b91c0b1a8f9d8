"""Pictures of others: upright on every path, and never an error of another kind."""

import io
import warnings
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lookout.vision.frames import grey_of_jpeg
from lookout.vision.pictures import BadPicture, shown_size
from services.camera.capture.develop import develop
from services.camera.observers.viewmeter import ViewMeter
from services.camera.outbox.shrink import fit, shrink
from services.camera.settings import Camera, View
from services.camera.sources import Picture, SourceError
from services.camera.sources.jpeg import decoded, jpeg_size, trimmed
from services.gallery.api import thumbnails
from tests.support.examples import examples
from tests.support.exif import HEIGHT, UPRIGHT_ANYHOW, WIDTH, jpeg, lying, stands


@pytest.fixture(autouse=True)
def no_warnings() -> Iterator[None]:
    """Pillow warns of what it reads; the node and the hub do not end for that."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _developed(data: bytes) -> bytes:
    camera = Camera(source="folder", path="x", contrast=1.01)
    return develop(Picture(data, 0.0, WIDTH, HEIGHT), camera, frozenset({"contrast"}), 95).jpeg


def _fitted(data: bytes) -> bytes:
    found = fit(data, 100_000)
    assert found is not None
    return found[0]


def _thumbnail(data: bytes) -> bytes:
    small = thumbnails.shrink(data, 48)
    assert small is not None
    return small


PATHS: dict[str, Callable[[bytes], bytes | Image.Image]] = {
    "thumbnail": _thumbnail,
    "preview": lambda data: shrink(data, (48, 48), 90),
    "making it fit": _fitted,
    "development": _developed,
    "detector": lambda data: Image.fromarray(grey_of_jpeg(data, (48, 48))),
    "stream": lambda data: decoded(data, (48, 48)),
}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_a_picture_stands_upright_on_every_path(
    path: Callable[[bytes], bytes | Image.Image], orientation: int
) -> None:
    picture = lying(orientation)
    assert shown_size(picture) == (WIDTH, HEIGHT)
    assert stands(path(picture))
    again = path(picture)
    assert b"Exif" not in again if isinstance(again, bytes) else True, "it would be turned twice"


@pytest.mark.parametrize("fields", UPRIGHT_ANYHOW.values(), ids=UPRIGHT_ANYHOW.keys())
@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_exif_that_cannot_be_understood_leaves_the_picture_as_it_is(
    path: Callable[[bytes], bytes | Image.Image], fields: bytes
) -> None:
    assert stands(path(jpeg(fields)))


def small(width: int, height: int, *, mode: str, progressive: bool) -> bytes:
    out = io.BytesIO()
    image = Image.radial_gradient("L").resize((width, height)).convert(mode)
    image.save(out, "JPEG", progressive=progressive, quality=80)
    return out.getvalue()


SIDES = st.one_of(st.integers(1, 20), st.integers(1, 300))
SMALL_JPEGS = st.builds(
    small, SIDES, SIDES, mode=st.sampled_from(["L", "RGB", "CMYK"]), progressive=st.booleans()
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A JPEG with some bytes changed, taken out, put in or doubled."""
    data = bytearray(draw(st.one_of(SMALL_JPEGS, st.sampled_from(list(map(lying, range(1, 9)))))))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 12))
        data[at : at + length] = draw(st.binary(max_size=12))
    return bytes(data)


@examples(300)
@given(SMALL_JPEGS)
def test_any_whole_jpeg_is_a_picture(data: bytes) -> None:
    size = jpeg_size(data)
    assert trimmed(data + bytes(5000)) == data
    assert max(decoded(data, (40, 40)).size) == min(40, max(size))
    assert max(grey_of_jpeg(data, (40, 40)).shape) <= 40


@examples(400)
@given(st.one_of(mutated(), st.binary(max_size=400)))
def test_anything_else_is_one_kind_of_error(data: bytes) -> None:
    picture = Picture(data, 0.0, 1, 1)
    camera = Camera(source="folder", path="x", masks=((0, 0, 50, 50),))
    looks: list[Callable[[], object]] = [
        lambda: jpeg_size(trimmed(data)),
        lambda: decoded(data, (32, 32)),
        lambda: shown_size(data),
        lambda: grey_of_jpeg(data, (32, 32)),
        lambda: shrink(data, (8, 8), 80),
        lambda: fit(data, 1000),
        lambda: thumbnails.shrink(data, 160),
        lambda: ViewMeter(View()).problem(data),
        lambda: develop(picture, camera, frozenset({"masks"}), 80),
    ]
    for look in looks:
        try:
            look()
        except (BadPicture, SourceError) as error:
            assert str(error)
