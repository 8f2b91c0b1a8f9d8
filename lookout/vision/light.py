"""The light detector: whether enough of a region is bright."""

from dataclasses import dataclass

import numpy as np

from lookout.vision.frames import GreyFrame, cut
from lookout.vision.limits import WHOLE, LightLimits, Region
from lookout.vision.state import Debounced


@dataclass(frozen=True, slots=True)
class Light:
    """What one frame showed: the mean grey level (0 to 255) and the lighted share in per cent."""

    region: str
    level: float
    percent: float
    lighted: bool
    changed: bool


class LightDetector:
    """Watches one region. The first frame tells the state without a change."""

    def __init__(self, limits: LightLimits, region: Region | None = None) -> None:
        self._limits = limits
        self._region = region
        self._state: Debounced | None = None
        self.name = region.name if region else WHOLE

    def update(self, frame: GreyFrame, at: float) -> Light:
        """Take the next frame, made at `at` seconds."""
        part = cut(frame, self._region)
        percent = 100.0 * float(np.count_nonzero(part > self._limits.threshold)) / part.size
        lighted = percent >= self._limits.percent
        if self._state is None:
            count = self._limits.min_frames
            self._state = Debounced(count, count, on=lighted)
        changed = self._state.update(lighted, at)
        return Light(self.name, float(part.mean()), percent, self._state.on, changed)
