"""What is done to a picture that the source cannot do itself."""

import io
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image
from pydantic import ValidationError

from services.camera.capture import develop as developing
from services.camera.capture.develop import develop
from services.camera.settings import Camera
from services.camera.sources import Picture, SourceError, make_source
from tests.camera.control_behaviour import TURNS, colour, corners, turned


def quarters(width: int = 320, height: int = 160) -> Image.Image:
    image = Image.new("RGB", (width, height), (120, 120, 120))
    half = width // 2, height // 2
    for x, y, shade in ((0, 0, (150, 40, 40)), (1, 0, (40, 150, 40)), (0, 1, (40, 40, 150))):
        image.paste(shade, (x * half[0], y * half[1], (x + 1) * half[0], (y + 1) * half[1]))
    return image


def picture(image: Image.Image | None = None) -> Picture:
    image = image or quarters()
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95)
    return Picture(out.getvalue(), 1_700_000_000.0, *image.size)


def camera(**settings: Any) -> Camera:
    return Camera(source="folder", path="pictures", **settings)


def left_to_do(settings: Camera) -> frozenset[str]:
    return developing.left_to_do(settings, make_source(settings).does(settings))


def shown(settings: Camera, before: Picture | None = None) -> Image.Image:
    after = develop(before or picture(), settings, left_to_do(settings), 90)
    with Image.open(io.BytesIO(after.jpeg)) as image:
        assert image.size == (after.width, after.height)
        return image.convert("RGB")


def test_nothing_is_left_to_do_when_nothing_is_asked_for() -> None:
    assert not left_to_do(camera())
    assert not left_to_do(Camera(source="synthetic", resolution=(320, 240)))
    assert not left_to_do(Camera(source="picamera2", rotation=180, hflip=True, brightness=0.5))


def test_a_source_is_left_what_it_cannot_do() -> None:
    assert left_to_do(camera(resolution=(320, 240), vflip=True)) == {"resolution", "vflip"}
    assert left_to_do(Camera(source="picamera2", rotation=90)) == {"rotation"}
    assert left_to_do(Camera(source="picamera2", rotation=180, crop=(0, 0, 50, 50))) == {"rotation"}


@pytest.mark.parametrize(("rotation", "hflip", "vflip"), TURNS)
def test_a_picture_is_mirrored_and_then_turned_clockwise(
    rotation: int, hflip: bool, vflip: bool
) -> None:
    image = shown(camera(rotation=rotation, hflip=hflip, vflip=vflip))
    expected = turned(quarters(), rotation, hflip, vflip)
    assert image.size == expected.size
    assert corners(image) == corners(expected)


def test_a_crop_and_masks_are_of_the_turned_picture() -> None:
    image = shown(camera(rotation=90, crop=(0, 0, 50, 100), masks=((0, 0, 50, 25),)))
    assert image.size == (80, 320)
    assert (colour(image, 0.5, 0.12), colour(image, 0.5, 0.9)) == ("black", "grey")
    assert colour(image, 0.5, 0.4) == "blue"


def test_a_mask_covers_at_least_what_was_named() -> None:
    white = picture(Image.new("RGB", (101, 77), "white"))
    image = shown(camera(masks=((33.3, 33.3, 33.3, 33.3),)), white).convert("L")
    inside = image.crop((34, 26, 67, 51))  # 33.64 to 67.27 and 25.64 to 51.28, rounded inwards
    assert max(inside.tobytes()) < 40


def test_a_picture_is_made_smaller_and_never_larger() -> None:
    assert shown(camera(resolution=(160, 160))).size == (160, 80)
    assert shown(camera(resolution=(1920, 1080))).size == (320, 160)
    assert shown(camera(resolution=(160, 80), rotation=90)).size == (80, 160)


def test_tones_change_every_source() -> None:
    grey = shown(camera(saturation=0))
    assert set(corners(grey)) == {"grey"}
    light = shown(camera(brightness=0.5)).convert("L")
    dark = shown(camera(brightness=-0.5)).convert("L")
    assert light.getpixel((10, 10)) > dark.getpixel((10, 10)) + 80  # type: ignore[operator]
    flat = shown(camera(contrast=0)).convert("L")
    assert {flat.getpixel((10, 10)), flat.getpixel((310, 150))} <= {127, 128, 129}
    assert shown(camera(sharpness=3)).size == (320, 160)


def test_an_overlay_writes_the_time_of_the_capture(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = picture(Image.new("RGB", (640, 480), "white"))
    first = shown(camera(overlay="shed %Y"), plain)
    other = shown(camera(overlay="shed 1999"), plain)
    assert colour(first, 0.9, 0.1) == "grey"
    assert first.crop((0, 440, 200, 480)).getextrema() != ((255, 255),) * 3
    assert first.tobytes() != other.tobytes()
    assert first.tobytes() == shown(camera(overlay="shed 2023"), plain).tobytes()


def test_an_overlay_writes_microseconds_too() -> None:
    plain = picture(Image.new("RGB", (640, 480), "white"))
    moment = replace(plain, timestamp=1_700_000_000.25)
    written = shown(camera(overlay="%f"), moment)
    assert written.tobytes() == shown(camera(overlay="250000"), moment).tobytes()


def test_metadata_that_could_hold_an_unmasked_thumbnail_does_not_leave() -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "a hidden description"
    quarters().save(out, "JPEG", exif=exif)
    settings = camera(masks=((0, 0, 10, 10),))
    after = develop(Picture(out.getvalue(), 0.0, 320, 160), settings, left_to_do(settings), 90)
    assert b"hidden" in out.getvalue()
    assert b"hidden" not in after.jpeg


def test_a_picture_that_does_not_decode_never_leaves_unmasked() -> None:
    settings = camera(masks=((0, 0, 10, 10),))
    whole = picture()
    for jpeg in (b"not a picture", whole.jpeg[:400]):
        broken = Picture(jpeg, 0.0, 320, 160)
        with pytest.raises(SourceError, match="does not decode"):
            develop(broken, settings, left_to_do(settings), 90)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"crop": (60, 0, 50, 100)}, "x + width is 110: at most 100 per cent"),
        ({"crop": "0,90,10,20"}, "y + height is 110"),
        ({"crop": (0, 0, 0, 10)}, "greater than 0"),
        ({"masks": [(0, 0, 10, 10), (99, 0, 2, 1)]}, "x + width is 101"),
        ({"rotation": 45}, "must be 0, 90, 180 or 270"),
        ({"exposure": 5}, "exposure = 5: only source picamera2 can, not folder"),
        ({"hdr": "single"}, "hdr = single: only source picamera2"),
        ({"lens_position": 1, "autofocus": "cycle"}, "only"),
        ({"brightness": 2}, "less than or equal to 1"),
    ],
)
def test_what_cannot_be_is_refused_by_name(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        camera(**settings)
    assert words in str(caught.value)
    assert next(iter(settings)) in str(caught.value)


def test_boxes_and_gains_may_be_written_as_text_or_with_names() -> None:
    settings = Camera(
        crop="10, 20,30,40",
        masks="0,0,5,5; 90,90,10,10",
        awb_gains="1.8,1.5",
    )
    assert settings.crop == (10, 20, 30, 40)
    assert settings.masks == ((0, 0, 5, 5), (90, 90, 10, 10))
    assert settings.awb_gains == (1.8, 1.5)
    named = {"x": 10, "y": 20, "width": 30, "height": 40}
    assert Camera(crop=named).crop == (10, 20, 30, 40)


def test_of_who_is_under_a_mask_nothing_is_told() -> None:
    seen = [
        {"label": "person", "score": 0.9, "box": [10.0, 10.0, 20.0, 20.0]},
        {"label": "person", "score": 0.9, "box": [70.0, 70.0, 20.0, 20.0]},
        {"label": "cat", "score": 0.9, "box": [0.0, 0.0, 20.0, 20.0]},
    ]
    meta: Any = {"detections": seen, "people": 2, "boxes": [each["box"] for each in seen[:2]]}
    settings = Camera(source="picamera2", masks=((0, 0, 50, 50),))
    taken = Picture(picture().jpeg, 0.0, 320, 160, meta=meta)
    after = develop(taken, settings, left_to_do(settings), 90).meta
    assert after == {"detections": [seen[1]], "people": 1, "boxes": [seen[1]["box"]]}
    half = settings.changed({"crop": (50, 50, 50, 50)})  # what is left shows no mask
    assert develop(taken, half, left_to_do(half), 90).meta["people"] == 2
