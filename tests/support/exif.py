"""JPEGs with EXIF as cameras write it, right and wrong."""

import io
import struct
from typing import Final

from PIL import Image

ORIENTATION: Final = 0x0112
WIDTH, HEIGHT = 96, 64
SHORT, TEXT, RATIONAL = 3, 2, 5  # TIFF's types


def entry(kind: int, count: int, value: bytes) -> bytes:
    """One field of TIFF: the orientation, of any type."""
    return struct.pack("<HHI", ORIENTATION, kind, count) + value.ljust(4, b"\0")


UPRIGHT_ANYHOW: Final = {  # Pillow #4665 and its like
    "text": entry(TEXT, 4, b"six\0"),
    "a fraction that is not there": entry(RATIONAL, 900_000_000, b"\x10"),
    "a number beyond 8": entry(SHORT, 1, b"\x63"),
    "no number": entry(SHORT, 0, b""),
    "bytes": entry(7, 2, b"\x06\0"),
    "a type that is none": entry(99, 1, b"\x06"),
    "half an entry": entry(SHORT, 1, b"\x06")[:7],
}


def exif(fields: bytes) -> bytes:
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 1) + fields + bytes(4)


def corner() -> Image.Image:
    """As it is to be seen: dark, with its upper left quarter bright."""
    image = Image.new("RGB", (WIDTH, HEIGHT), (20, 20, 20))
    image.paste((240, 240, 240), (0, 0, WIDTH // 2, HEIGHT // 2))
    return image


def lying(orientation: int) -> bytes:
    """That picture as a camera of this orientation writes it: to be turned back by its EXIF."""
    turns = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    turn = turns[orientation]
    return jpeg(
        entry(SHORT, 1, bytes([orientation, 0])),
        corner().transpose(turn) if turn is not None else corner(),
    )


def jpeg(fields: bytes, image: Image.Image | None = None) -> bytes:
    out = io.BytesIO()
    (image or corner()).save(out, "JPEG", quality=95, exif=exif(fields))
    return out.getvalue()


def stands(picture: bytes | Image.Image) -> bool:
    """Whether it is seen as it is to be seen, whatever its size."""
    image = Image.open(io.BytesIO(picture)) if isinstance(picture, bytes) else picture
    grey = image.convert("L").resize((2, 2), Image.Resampling.BOX).tobytes()
    return image.width > image.height and grey[0] > 150 and max(grey[1:]) < 80
