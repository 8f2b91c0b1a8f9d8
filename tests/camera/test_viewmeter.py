"""What is wrong with a picture as a whole."""

import io
import random

import pytest
from PIL import Image, ImageFilter

from services.camera.observers.viewmeter import ViewMeter
from services.camera.settings import View

NOISE = random.Random(7)


def scene(size: tuple[int, int] = (640, 480), *, blur: float = 0, light: float = 1.0) -> bytes:
    """A new picture of the same kind of place: many edges, and noise as a sensor has."""
    image = Image.new("L", size, round(90 * light))
    for _ in range(60):
        x, y = NOISE.randrange(size[0]), NOISE.randrange(size[1])
        shade = round(NOISE.randrange(256) * light)
        image.paste(shade, (x, y, x + size[0] // 8, y + size[1] // 10))
    image = image.filter(ImageFilter.GaussianBlur(blur)) if blur else image
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()


def plain(shade: int) -> bytes:
    out = io.BytesIO()
    Image.new("L", (640, 480), shade).save(out, "JPEG")
    return out.getvalue()


def meter(**settings: float) -> ViewMeter:
    return ViewMeter(View(**settings))


@pytest.mark.parametrize(
    ("jpeg", "problem"), [(plain(0), "black"), (plain(90), "covered"), (scene(), None)]
)
def test_one_picture_tells_black_and_covered(jpeg: bytes, problem: str | None) -> None:
    assert meter().problem(jpeg) == problem


def test_the_same_picture_again_and_again_is_frozen_until_it_changes() -> None:
    watch, picture = meter(frozen=3), scene()
    assert [watch.problem(picture) for _ in range(5)] == [None, None, None, "frozen", "frozen"]
    assert watch.problem(scene()) is None


def test_a_blurred_picture_is_one_against_what_is_usual_here() -> None:
    watch = meter()
    blurred = scene(blur=12)
    assert watch.problem(blurred) is None, "nothing is known yet of this camera"
    watch = meter()
    assert {watch.problem(scene()) for _ in range(12)} == {None}
    assert [watch.problem(scene(blur=12)) for _ in range(30)] == ["blurred"] * 30
    assert watch.problem(scene()) is None
    assert watch.problem(scene(light=0.5)) is None, "less light is not less sharp"


def test_each_problem_can_be_turned_off() -> None:
    watch = meter(black=0, covered=0, frozen=0, blurred=0)
    assert {watch.problem(plain(0)) for _ in range(20)} == {None}


def test_what_does_not_decode_is_an_error() -> None:
    with pytest.raises(OSError, match="not a JPEG"):
        meter().problem(b"no picture")
