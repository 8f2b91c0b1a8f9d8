"""What the motion detector costs: processor time for each frame with something moving in it."""

import time
from typing import Any, Final

import numpy as np

from lookout.vision.frames import GreyFrame
from lookout.vision.limits import MotionLimits
from lookout.vision.motion import MotionDetector

SIZES: Final = ((320, 240), (640, 480))
FRAMES: Final = 200
RATE: Final = 10.0  # frames a second for the share of a core


async def measure() -> dict[str, Any]:
    """A row for each size of the frames."""
    return {f"{width}x{height}": _cost(width, height) for width, height in SIZES}


def _cost(width: int, height: int) -> dict[str, Any]:
    frames = [_frame(width, height, number) for number in range(20)]
    detector = MotionDetector(MotionLimits())
    began = time.process_time()
    moving = sum(
        detector.update(frames[number % len(frames)], number / RATE).moving
        for number in range(FRAMES)
    )
    each = (time.process_time() - began) / FRAMES
    return {
        "frames": FRAMES,
        "moving": moving,
        "ms_of_processor_each": round(each * 1000, 2),
        "percent_of_one_core_at_10_a_second": round(each * RATE * 100, 1),
    }


def _frame(width: int, height: int, number: int) -> GreyFrame:
    """Noise, and something that crosses it."""
    frame = np.random.default_rng(1).integers(80, 100, (height, width), dtype=np.uint8)
    left = number * width // 25
    frame[height // 4 : height // 2, left : left + width // 6] = 220
    return frame
