"""Small real JPEGs, each different."""

import io
from functools import cache

from PIL import Image

LONGEST = 60_000  # bytes of text in one comment segment; JPEG allows 65,533


@cache
def plain_jpeg(width: int = 64, height: int = 48) -> bytes:
    """A real JPEG."""
    buffer = io.BytesIO()
    Image.radial_gradient("L").resize((width, height)).save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def numbered_jpeg(number: int, *, owner: str = "", padding: int = 0) -> bytes:
    """A real JPEG that no other number and owner give, `padding` bytes larger than need be."""
    text = f"picture {number} {owner} ".encode() + b"x" * padding
    comments = (text[at : at + LONGEST] for at in range(0, len(text), LONGEST))
    segments = (b"\xff\xfe" + (len(each) + 2).to_bytes(2, "big") + each for each in comments)
    whole = plain_jpeg()
    return whole[:2] + b"".join(segments) + whole[2:]


def toned_jpeg(tone: int, width: int = 64, height: int = 64) -> bytes:
    """A JPEG of one grey, 0 (black) to 255."""
    buffer = io.BytesIO()
    Image.new("L", (width, height), tone).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
