"""Is this a whole JPEG, and how large?"""

from io import BytesIO

from PIL import Image

MAX_BYTES = 20_000_000


def jpeg_size(jpeg: bytes) -> tuple[int, int]:
    """Width and height in pixels; raises OSError or ValueError unless the whole JPEG decodes."""
    try:
        with Image.open(BytesIO(jpeg), formats=["JPEG"]) as image:
            size = image.size
            image.draft("L", (size[0] // 8, size[1] // 8))  # an eighth of the pixels, all the bytes
            image.load()
    except Image.DecompressionBombError as error:
        raise ValueError(str(error)) from None
    return size
