"""Grey frames: two-dimensional arrays of bytes, row by row, 0 is black and 255 white."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lookout.vision.limits import Region
from lookout.vision.pictures import opened
from lookout.vision.upright import on_its_side, upright

GreyFrame: TypeAlias = NDArray[np.uint8]
Mask: TypeAlias = NDArray[np.bool_]


def grey_of(image: Image.Image, size: tuple[int, int]) -> GreyFrame:
    """The picture in grey, made smaller to fit into `size` in its own proportions."""
    scale = min(1.0, size[0] / image.width, size[1] / image.height)
    small = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    if small != image.size:
        image = image.resize(small, Image.Resampling.BILINEAR, reducing_gap=2.0)
    return np.array(image.convert("L"))


def fitted_grey(frame: GreyFrame, size: tuple[int, int]) -> GreyFrame:
    """A copy of the frame, made smaller to fit into `size` in its own proportions."""
    return grey_of(Image.fromarray(np.ascontiguousarray(frame)), size)


def grey_of_jpeg(jpeg: bytes, size: tuple[int, int]) -> GreyFrame:
    """A JPEG's picture in grey. Raises OSError when it does not decode."""
    with opened(jpeg) as image:
        # The decoder leaves out the detail and the colour.
        image.draft("L", size[::-1] if on_its_side(image) else size)
        return grey_of(upright(image), size)


def cut(frame: GreyFrame, region: Region | None) -> GreyFrame:
    """The part of the frame that the region names, at least one pixel; without a copy."""
    if region is None:
        return frame
    height, width = frame.shape
    left, top = int(width * region.left / 100), int(height * region.top / 100)
    right = max(left + 1, round(width * region.right / 100))
    bottom = max(top + 1, round(height * region.bottom / 100))
    return frame[top:bottom, left:right]
