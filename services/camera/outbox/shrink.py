"""Make a picture smaller: for the broker's packet limit, and for dashboards."""

import io
from typing import Final

from PIL import Image

from lookout.vision.pictures import drawn, opened
from lookout.vision.upright import upright_size
from services.camera.sources.size import fitted

PREVIEW_WIDTH: Final = 640  # pixels
_ANY_HEIGHT: Final = 1 << 20
_PREVIEW_QUALITY: Final = 75
_QUALITIES: Final = (80, 65, 50, 35, 20)
_SCALES: Final = (1.0, 0.75, 0.5, 0.25)


def preview(jpeg: bytes) -> bytes:
    """The picture at most 640 pixels wide, as a JPEG. Raises OSError when it does not decode."""
    return shrink(jpeg, (PREVIEW_WIDTH, _ANY_HEIGHT), _PREVIEW_QUALITY)


def shrink(jpeg: bytes, most: tuple[int, int], quality: int) -> bytes:
    """The picture within a size in pixels, untouched where it is. Raises OSError as above."""
    with opened(jpeg) as image:
        whole = upright_size(image)
        size = fitted(whole, most)
        if size == whole:
            return jpeg
        small = drawn(image, size)
    return _encode(small, quality)


def fit(jpeg: bytes, most: int) -> tuple[bytes, dict[str, int | float]] | None:
    """The picture in at most `most` bytes, and how: {"refit_quality", "refit_scale"}.

    Lower quality first, then fewer pixels. None when not even that is enough.
    Raises OSError when it does not decode.
    """
    with opened(jpeg) as picture:
        image = drawn(picture, upright_size(picture))
    for scale in _SCALES:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        scaled = image if scale == 1.0 else image.resize(size)
        for quality in _QUALITIES:
            smaller = _encode(scaled, quality)
            if len(smaller) <= most:
                return smaller, {"refit_quality": quality, "refit_scale": scale}
    return None


def _encode(image: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
