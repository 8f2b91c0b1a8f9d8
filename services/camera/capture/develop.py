"""What the source cannot do itself, done to its JPEG: turn, crop, tone, masks, text.

Where nothing is asked for, the bytes go through untouched.
"""

import io
import math
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

from lookout.vision.pictures import opened
from lookout.vision.upright import upright
from services.camera.capture.turnboxes import turned_meta
from services.camera.settings import Camera, Control
from services.camera.sources import Picture, SourceError
from services.camera.sources.size import fitted
from services.camera.sources.source import TONES

if TYPE_CHECKING:
    from lookout.vision.frames import GreyFrame

BEST: Final = 95  # JPEG quality of a picture that is encoded once more
_TURNS: Final = {
    90: Image.Transpose.ROTATE_270,  # Pillow turns counter-clockwise
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}
_STEPS: Final = ("hflip", "vflip", "rotation", "crop", "resolution", *TONES, "masks", "overlay")
_SHAPE: Final = ("hflip", "vflip", "rotation", "crop", "masks")


def left_to_do(camera: Camera, does: Collection[str]) -> frozenset[str]:
    """The settings that are asked for and that the source, which `does` some, leaves to us.

    The masks are always ours: no source is trusted with them.
    """
    left = (name for name in _STEPS if name == "masks" or name not in does)
    return frozenset(name for name in left if _asked(camera, name))


def develop(picture: Picture, camera: Camera, steps: frozenset[str], quality: int) -> Picture:
    """The picture after `steps`, encoded once more. Raises SourceError when it does not decode."""
    try:
        with opened(picture.jpeg) as encoded:
            image = upright(encoded).convert("RGB")
    except OSError as error:
        raise SourceError(f"The camera's picture does not decode ({error}).") from None
    for name in _STEPS:
        if name in steps:
            image = _DO[name](image, camera, picture.timestamp)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)  # without EXIF: its thumbnail would have no mask
    return replace(
        picture,
        jpeg=out.getvalue(),
        width=image.width,
        height=image.height,
        meta=turned_meta(picture.meta, camera, steps),
    )


def develop_frame(frame: "GreyFrame", camera: Camera, steps: Collection[str]) -> "GreyFrame":
    """A detector's frame as the pictures are: turned, cropped, and black under the masks."""
    from lookout.vision.frames import grey_of

    shaping = [name for name in _SHAPE if name in steps]
    if not shaping:
        return frame
    image = Image.fromarray(frame).convert("RGB")
    for name in shaping:
        image = _DO[name](image, camera, 0.0)
    return grey_of(image, image.size)


def mask(image: Image.Image, camera: Control) -> Image.Image:
    """Blacken what must not be seen, in a picture that is turned and cropped already."""
    draw = ImageDraw.Draw(image)
    left, top, width, height = camera.crop
    for x, y, w, h in camera.masks:
        box = (  # rather too much than too little
            math.floor((x - left) / width * image.width),
            math.floor((y - top) / height * image.height),
            math.ceil((x + w - left) / width * image.width),
            math.ceil((y + h - top) / height * image.height),
        )
        if box[2] > 0 and box[3] > 0 and box[0] < image.width and box[1] < image.height:
            draw.rectangle(box, fill=(0, 0, 0))
    return image


def _asked(camera: Camera, name: str) -> bool:
    if name == "resolution":
        return name in camera.model_fields_set
    return bool(getattr(camera, name) != Control.model_fields[name].default)


def _resize(image: Image.Image, camera: Camera, _: float) -> Image.Image:
    width, height = camera.resolution
    limit = (height, width) if camera.rotation % 180 else (width, height)
    size = fitted(image.size, limit)
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)


def _crop(image: Image.Image, camera: Camera, _: float) -> Image.Image:
    x, y, width, height = camera.crop
    left, top = round(x / 100 * image.width), round(y / 100 * image.height)
    right = max(left + 1, round((x + width) / 100 * image.width))
    bottom = max(top + 1, round((y + height) / 100 * image.height))
    return image.crop((left, top, right, bottom))


def _brighten(image: Image.Image, camera: Camera, _: float) -> Image.Image:
    more = round(camera.brightness * 128)  # as the Pi's camera does
    return image.point([min(255, max(0, value + more)) for value in range(256)] * 3)


def _contrast(image: Image.Image, camera: Camera, _: float) -> Image.Image:
    table = [min(255, max(0, round(128 + (v - 128) * camera.contrast))) for v in range(256)]
    return image.point(table * 3)


def _write(image: Image.Image, camera: Camera, timestamp: float) -> Image.Image:
    text = datetime.fromtimestamp(timestamp).astimezone().strftime(camera.overlay)  # %f as well
    size = max(10, image.height // 36)
    font = ImageFont.load_default(size)
    draw = ImageDraw.Draw(image)
    at = (size // 2, image.height - size * 3 // 2)
    left, top, right, bottom = draw.textbbox(at, text, font=font)
    edge = size // 4
    draw.rectangle((left - edge, top - edge, right + edge, bottom + edge), fill=(0, 0, 0))
    draw.text(at, text, font=font, fill=(255, 255, 255))
    return image


_DO: Final[dict[str, Callable[[Image.Image, Camera, float], Image.Image]]] = {
    "resolution": _resize,
    "hflip": lambda image, *_: ImageOps.mirror(image),
    "vflip": lambda image, *_: ImageOps.flip(image),
    "rotation": lambda image, camera, _: image.transpose(_TURNS[camera.rotation]),
    "crop": _crop,
    "brightness": _brighten,
    "contrast": _contrast,
    "saturation": lambda image, camera, _: ImageEnhance.Color(image).enhance(camera.saturation),
    "sharpness": lambda image, camera, _: ImageEnhance.Sharpness(image).enhance(camera.sharpness),
    "masks": lambda image, camera, _: mask(image, camera),
    "overlay": _write,
}
