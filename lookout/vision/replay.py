"""Stored pictures through a detector: what it would have told, and with other limits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from lookout.host.settings import Section
from lookout.vision.frames import GreyFrame, Mask, cut
from lookout.vision.light import LightDetector
from lookout.vision.limits import LightLimits, MotionLimits, Region
from lookout.vision.motion import MotionDetector, Seen

Frames = Sequence[tuple[float, GreyFrame]]  # (seconds, frame), oldest first
L = TypeVar("L", bound=Section)

# What is tried beside the limit that was asked for, one limit at a time.
MOTION_TRIALS: Final[dict[str, tuple[float, ...]]] = {
    "delta_threshold": (2, 5, 10, 20, 40),
    "min_area": (0.5, 1, 3, 10, 25),
    "blur_kernel_size": (1, 5, 15, 31),
    "min_motion_frames": (1, 2, 3, 5),
}
LIGHT_TRIALS: Final[dict[str, tuple[float, ...]]] = {
    "threshold": (25, 50, 100, 150, 200),
    "percent": (10, 25, 50, 75, 90),
    "min_frames": (1, 2, 5, 10),
}


@dataclass(frozen=True, slots=True)
class Caught:
    """What one set of limits would have caught: frames over the limits, and changes told."""

    limit: str
    value: float
    chosen: bool  # the value that was asked for
    frames: int
    events: int


def motion(frames: Frames, limits: MotionLimits, region: Region | None) -> Iterator[Seen]:
    """What the motion detector sees in each frame."""
    detector = MotionDetector(limits, region)
    for at, frame in frames:
        yield detector.update(frame, at)


def motion_trials(frames: Frames, limits: MotionLimits, region: Region | None) -> list[Caught]:
    """What each limit would have caught, the others as they are."""
    caught = []
    for name, value, trial in _trials(limits, MOTION_TRIALS):
        seen = list(motion(frames, trial, region))
        moving = sum(each.moving for each in seen)
        starts = sum(each.changed and each.on for each in seen)
        caught.append(Caught(name, value, value == getattr(limits, name), moving, starts))
    return caught


def light_trials(frames: Frames, limits: LightLimits, region: Region | None) -> list[Caught]:
    """The same for light: frames that were lighted, and changes told."""
    caught = []
    for name, value, trial in _trials(limits, LIGHT_TRIALS):
        detector = LightDetector(trial, region)
        seen = [detector.update(frame, at) for at, frame in frames]
        lighted = sum(each.percent >= trial.percent for each in seen)
        changes = sum(each.changed for each in seen)
        caught.append(Caught(name, value, value == getattr(limits, name), lighted, changes))
    return caught


def _trials(limits: L, values: dict[str, tuple[float, ...]]) -> Iterator[tuple[str, float, L]]:
    for name, tried in values.items():
        for value in sorted({*tried, getattr(limits, name)}):
            try:
                yield name, value, type(limits).model_validate({**limits.model_dump(), name: value})
            except ValidationError:
                continue


def painted(frame: GreyFrame, mask: Mask | None, region: Region | None) -> NDArray[np.uint8]:
    """The frame as red, green and blue (height x width x 3), with what the mask found in red."""
    channels = [frame.copy() for _ in range(3)]
    if mask is not None:
        for channel, shade in zip(channels, (255, 40, 40), strict=True):
            cut(channel, region)[mask] = shade
    return np.stack(channels, axis=2)
