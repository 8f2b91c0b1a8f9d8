"""Pictures as they are to be seen: turned as their EXIF says, once.

Cameras write odd things there: text where a number belongs, counts that do not fit. What cannot
be understood is shown as it is.
"""

from typing import Final

from PIL import ExifTags, Image

_AS_IT_IS: Final = 1
_FIRST_ON_ITS_SIDE: Final = 5  # orientations 5 to 8 have width and height exchanged
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def orientation(image: Image.Image) -> int:
    """How the picture lies, 1 to 8 as EXIF counts; 1, upright, where it says nothing sensible."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # it reads foreign bytes, and its errors are of any kind
        return _AS_IT_IS
    return value if isinstance(value, int) and value in _TURNS else _AS_IT_IS


def on_its_side(image: Image.Image) -> bool:
    """Whether width and height are exchanged when it is shown."""
    return orientation(image) >= _FIRST_ON_ITS_SIDE


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Width and height as shown."""
    return (image.height, image.width) if on_its_side(image) else image.size


def upright(image: Image.Image) -> Image.Image:
    """The picture, turned where it does not stand upright."""
    turn = _TURNS.get(orientation(image))
    return image if turn is None else image.transpose(turn)
