"""Pictures made smaller: for the broker's limit and for dashboards."""

import io

from PIL import Image

from services.camera.outbox.shrink import PREVIEW_WIDTH, fit, preview


def noise(width: int, height: int, quality: int = 95) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((width, height), 90).convert("RGB").save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def size(jpeg: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(jpeg)) as image:
        image.load()
        return image.size


def test_a_preview_is_640_wide_and_keeps_its_shape() -> None:
    assert size(preview(noise(1920, 1080))) == (PREVIEW_WIDTH, 360)


def test_a_small_picture_is_its_own_preview() -> None:
    small = noise(320, 200)
    assert preview(small) is small


def test_lower_quality_comes_before_fewer_pixels() -> None:
    large = noise(800, 600)
    fitted = fit(large, len(large) * 2 // 3)
    assert fitted is not None
    smaller, how = fitted
    assert len(smaller) <= len(large) * 2 // 3
    assert (size(smaller), how["refit_scale"]) == ((800, 600), 1.0)


def test_fewer_pixels_follow_when_quality_is_not_enough() -> None:
    fitted = fit(noise(800, 600), 20_000)
    assert fitted is not None
    assert len(fitted[0]) <= 20_000
    assert fitted[1]["refit_scale"] < 1


def test_what_cannot_fit_is_said_so() -> None:
    assert fit(noise(800, 600), 500) is None
