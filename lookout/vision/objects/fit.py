"""A picture in the middle of a network's input, and the way back for what is found there."""

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from lookout.vision.pictures import drawn, opened
from lookout.vision.upright import upright_size

GREY: Final = 114  # of the border, as the family is trained with


@dataclass(frozen=True, slots=True)
class Fit:
    """Where a picture lies in an input: all in pixels of the input."""

    size: tuple[int, int]
    left: int
    top: int
    width: int
    height: int

    @classmethod
    def of(cls, picture: tuple[int, int], size: tuple[int, int]) -> Self:
        """As large as it can be without being stretched."""
        scale = min(size[0] / picture[0], size[1] / picture[1])
        width, height = (max(1, round(each * scale)) for each in picture)
        return cls(size, (size[0] - width) // 2, (size[1] - height) // 2, width, height)

    def box(self, corners: Any) -> tuple[float, float, float, float]:
        """x, y, width, height in per cent of the picture; corners are parts of the input."""
        left, top, right, bottom = (float(each) for each in corners)
        x, right = (self._across(left), self._across(right))
        y, bottom = (self._down(top), self._down(bottom))
        return round(x, 2), round(y, 2), round(right - x, 2), round(bottom - y, 2)

    def _across(self, part: float) -> float:
        return _percent(part * self.size[0] - self.left, self.width)

    def _down(self, part: float) -> float:
        return _percent(part * self.size[1] - self.top, self.height)


def pixels(jpeg: bytes, size: tuple[int, int]) -> tuple[NDArray[np.uint8], Fit]:
    """The picture on grey, (height, width, 3) RGB, and how it lies there. Raises BadPicture."""
    with opened(jpeg) as image:
        fit = Fit.of(upright_size(image), size)
        small = np.asarray(drawn(image, (fit.width, fit.height)))
    whole = np.full((size[1], size[0], 3), GREY, dtype=np.uint8)
    whole[fit.top : fit.top + fit.height, fit.left : fit.left + fit.width] = small
    return whole, fit


def _percent(value: float, whole: int) -> float:
    return min(100.0, max(0.0, 100 * value / whole))
