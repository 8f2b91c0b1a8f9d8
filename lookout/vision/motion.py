"""The motion detector: each frame against a running average of those before."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lookout.vision.frames import GreyFrame, Mask, cut
from lookout.vision.limits import WHOLE, MotionLimits, Region
from lookout.vision.mask import NOTHING, Piece, blur, dilate, largest_piece
from lookout.vision.state import Debounced

WEIGHT: Final = 0.5  # of the newest frame in the running average, as imagenode's


@dataclass(frozen=True, slots=True)
class Seen:
    """What one frame showed.

    `score` is the share of the region, in per cent, of the largest piece that moved; `box` is in
    per cent of the whole picture.
    """

    region: str
    score: float
    box: tuple[float, float, float, float]  # of that piece: left, top, right, bottom, per cent
    moving: bool  # over min_area in this frame
    changed: bool  # motion has started or ended with this frame
    on: bool  # motion goes on
    mask: Mask | None = None


class MotionDetector:
    """Watches one region."""

    def __init__(self, limits: MotionLimits, region: Region | None = None) -> None:
        self._limits = limits
        self._region = region
        self._average: NDArray[np.float32] | None = None
        self.name = region.name if region else WHOLE
        self.state = Debounced(limits.min_motion_frames, limits.min_still_frames, limits.off_delay)

    def update(self, frame: GreyFrame, at: float) -> Seen:
        """Take the next frame, made at `at` seconds of any clock that goes forward."""
        mask = self._differing(cut(frame, self._region))
        piece = NOTHING if mask is None else largest_piece(mask)
        score = 0.0 if mask is None else 100.0 * piece.pixels / mask.size
        moving = score >= self._limits.min_area
        changed = self.state.update(moving, at)
        box = self._in_picture(piece, frame.shape)
        return Seen(self.name, score, box, moving, changed, self.state.on, mask)

    def _in_picture(
        self, piece: Piece, shape: tuple[int, ...]
    ) -> tuple[float, float, float, float]:
        """The piece's box in per cent of the whole picture."""
        height, width = shape
        left, top, right, bottom = piece.box
        x, y = (self._region.left, self._region.top) if self._region else (0.0, 0.0)
        per_x, per_y = 100 / width, 100 / height
        return x + left * per_x, y + top * per_y, x + right * per_x, y + bottom * per_y

    def _differing(self, frame: GreyFrame) -> Mask | None:
        """Where the frame differs from what was before; None for the first of its size."""
        blurred = blur(frame, self._limits.blur_kernel_size)
        average = self._average
        if average is None or average.shape != blurred.shape:
            self._average = blurred.copy()
            return None
        # As imagenode: the new frame is part of the average it is compared with.
        average += (blurred - average) * WEIGHT
        return dilate(np.abs(blurred - average) > self._limits.delta_threshold)
