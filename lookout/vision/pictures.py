"""Opening JPEGs of others: whatever is wrong with one is one kind of error."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from PIL import Image, UnidentifiedImageError

from lookout.vision.upright import on_its_side, upright, upright_size

MOST_PIXELS: Final = 200_000_000  # decoded they take three bytes each


class BadPicture(OSError, ValueError):
    """It is no JPEG, or one that does not decode; the text says why."""


@contextmanager
def opened(jpeg: bytes, *, most_pixels: int = MOST_PIXELS) -> Iterator[Image.Image]:
    """The picture, not decoded yet. Raises BadPicture, also for what fails within.

    A decoder's errors over foreign bytes are of any kind: struct.error, KeyError, SyntaxError ...
    """
    try:
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
            if image.width * image.height > most_pixels:
                raise BadPicture(f"{image.width} x {image.height} pixels are too many")
            yield image
    except UnidentifiedImageError:
        raise BadPicture("it is not a JPEG") from None
    except Exception as error:
        raise BadPicture(str(error) or type(error).__name__) from None


def drawn(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """An open picture, upright and in colour, `size` large (pixels, as shown)."""
    # The decoder itself leaves out detail: four to eight times faster at 1080p.
    image.draft("RGB", size[::-1] if on_its_side(image) else size)
    whole = upright(image).convert("RGB")
    if whole.size == size:
        return whole
    return whole.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)


def shown_size(jpeg: bytes) -> tuple[int, int]:
    """Width and height as shown, from the header alone. Raises BadPicture."""
    with opened(jpeg) as image:
        return upright_size(image)
