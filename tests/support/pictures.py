"""Small real JPEGs, each different."""

import io
from functools import cache

from PIL import Image


@cache
def plain_jpeg(width: int = 64, height: int = 48) -> bytes:
    """A real JPEG."""
    buffer = io.BytesIO()
    Image.radial_gradient("L").resize((width, height)).save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def numbered_jpeg(number: int, *, owner: str = "", padding: int = 0) -> bytes:
    """A real JPEG that no other number and owner give, `padding` bytes larger than need be."""
    text = f"picture {number} {owner} ".encode() + b"x" * min(padding, 60_000)
    comment = b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text  # a COM segment
    whole = plain_jpeg()
    return whole[:2] + comment + whole[2:]
