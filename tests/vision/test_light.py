"""A region is lighted when enough of its pixels are bright for long enough."""

import numpy as np
import pytest

from lookout.vision.frames import GreyFrame
from lookout.vision.light import LightDetector
from lookout.vision.limits import LightLimits, Region


def lit(percent: float, *, bright: int = 180, dark: int = 20) -> GreyFrame:
    """A frame of which this share, from the left, is bright."""
    frame = np.full((60, 100), dark, np.uint8)
    frame[:, : round(percent)] = bright
    return frame


def states(frames: list[GreyFrame], limits: LightLimits) -> list[tuple[int, bool]]:
    detector = LightDetector(limits)
    seen = [detector.update(frame, number / 5) for number, frame in enumerate(frames)]
    return [(number, each.lighted) for number, each in enumerate(seen) if each.changed]


def test_the_first_frame_is_no_change() -> None:
    assert states([lit(100)] * 20, LightLimits()) == []
    assert states([lit(0)] * 20, LightLimits()) == []


def test_lighted_and_dark_are_told_after_enough_frames() -> None:
    frames = [lit(0)] * 10 + [lit(100)] * 10 + [lit(0)] * 10
    assert states(frames, LightLimits(min_frames=5)) == [(14, True), (24, False)]


def test_a_flash_is_not_told() -> None:
    assert states([lit(0)] * 10 + [lit(100)] * 4 + [lit(0)] * 10, LightLimits()) == []


@pytest.mark.parametrize(("percent", "told"), [(30, True), (40, True), (41, False), (90, False)])
def test_percent_is_the_share_of_the_pixels(percent: float, told: bool) -> None:
    frames = [lit(0)] * 3 + [lit(40)] * 10
    assert bool(states(frames, LightLimits(percent=percent))) is told


@pytest.mark.parametrize(("threshold", "told"), [(100, True), (179, True), (180, False)])
def test_threshold_is_the_level_of_a_pixel(threshold: int, told: bool) -> None:
    frames = [lit(0)] * 3 + [lit(100)] * 10
    assert bool(states(frames, LightLimits(threshold=threshold))) is told


def test_level_and_share_are_the_regions() -> None:
    detector = LightDetector(LightLimits(), Region(name="lamp", left=50))
    seen = detector.update(lit(75), 0)
    assert (seen.region, seen.percent, seen.level) == ("lamp", 50.0, 100.0)
