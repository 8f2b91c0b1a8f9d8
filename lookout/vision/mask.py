"""From two frames to what differs: blur, difference, dilation, and the largest piece.

The steps are imagenode's (running average, difference, threshold, two dilations, area of each
contour) without OpenCV: the blur is Pillow's box blur, and pieces are joined on a grid of cells.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from lookout.vision.frames import GreyFrame, Mask

CELL: Final = 8  # pixels; what lies in neighbouring cells is one piece
REACH: Final = 2  # pixels that a difference grows to each side: two dilations of 3x3


@dataclass(frozen=True, slots=True)
class Piece:
    """The largest piece of what differs. `box`: left, top, right, bottom in pixels."""

    pixels: int
    box: tuple[int, int, int, int]


NOTHING: Final = Piece(0, (0, 0, 0, 0))


def blur(frame: GreyFrame, kernel: int) -> NDArray[np.float32]:
    """The mean of `kernel` x `kernel` pixels around each."""
    if kernel > 1:
        blurred = Image.fromarray(frame).filter(ImageFilter.BoxBlur((kernel - 1) // 2))
        return np.asarray(blurred, dtype=np.float32)
    return frame.astype(np.float32)


def dilate(mask: Mask) -> Mask:
    """Each set pixel grown to a square of 5 x 5: first along the rows, then along the columns."""
    wide = mask.copy()
    for step in range(1, REACH + 1):
        wide[:, step:] |= mask[:, :-step]
        wide[:, :-step] |= mask[:, step:]
    grown = wide.copy()
    for step in range(1, REACH + 1):
        grown[step:] |= wide[:-step]
        grown[:-step] |= wide[step:]
    return grown


def largest_piece(mask: Mask) -> Piece:
    """The largest piece of connected cells, counted in the set pixels of those cells."""
    counts = _cells(mask)
    waiting = {(int(y), int(x)) for y, x in np.argwhere(counts)}
    best, most = [(0, 0)], 0
    while waiting:
        cells = _connected(waiting)
        pixels = sum(int(counts[cell]) for cell in cells)
        if pixels > most:
            best, most = cells, pixels
    return _piece(best, most, mask.shape) if most else NOTHING


def _cells(mask: Mask) -> NDArray[np.int64]:
    """How many pixels are set in each cell; the last row and column may be smaller."""
    rows = np.add.reduceat(mask, np.arange(0, mask.shape[0], CELL), axis=0, dtype=np.int64)
    return np.add.reduceat(rows, np.arange(0, mask.shape[1], CELL), axis=1, dtype=np.int64)


def _connected(waiting: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """Take one cell and all that touch it, also by a corner, out of `waiting`."""
    found = [waiting.pop()]
    for y, x in found:  # grows while it is walked
        near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & waiting
        waiting -= near
        found.extend(near)
    return found


def _piece(cells: list[tuple[int, int]], pixels: int, shape: tuple[int, ...]) -> Piece:
    rows, columns = [y for y, _ in cells], [x for _, x in cells]
    right = min((max(columns) + 1) * CELL, shape[1])
    bottom = min((max(rows) + 1) * CELL, shape[0])
    return Piece(pixels, (min(columns) * CELL, min(rows) * CELL, right, bottom))
