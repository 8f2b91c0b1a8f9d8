"""Motion is told where and when something moves, by each of the limits, and nothing else is."""

from functools import cache

import numpy as np
import pytest

from lookout.vision.frames import GreyFrame, grey_of
from lookout.vision.limits import MotionLimits, Region
from lookout.vision.motion import MotionDetector
from tests.support.footage import COMES_OR_GOES, EMPTY, FILM, FILM_RATE, needs_film

SIZE = (160, 120)  # width x height
RATE = 5.0


def room(*, person: tuple[int, int] | None = None, side: int = 40, shade: int = 200) -> GreyFrame:
    """A grey room; a bright square with its upper left corner at `person`."""
    frame = np.full((SIZE[1], SIZE[0]), 90, np.uint8)
    if person is not None:
        x, y = person
        frame[y : y + side, x : x + side] = shade
    return frame


def changes(
    frames: list[GreyFrame], limits: MotionLimits, region: Region | None = None
) -> list[tuple[int, bool]]:
    """(number of the frame, whether motion started or ended) for each change."""
    detector = MotionDetector(limits, region)
    seen = [detector.update(frame, number / RATE) for number, frame in enumerate(frames)]
    return [(number, each.on) for number, each in enumerate(seen) if each.changed]


def walk(frames: int, *, still: int = 10, **square: int) -> list[GreyFrame]:
    """Somebody crosses the room for some frames; the room is empty before and after."""
    empty = [room()] * still
    step = (SIZE[0] - 40) // frames
    return [*empty, *(room(person=(n * step, 40), **square) for n in range(frames)), *empty]


def test_an_empty_room_is_still() -> None:
    assert changes([room()] * 50, MotionLimits()) == []


def test_noise_is_not_motion() -> None:
    rng = np.random.default_rng(7)
    noisy = [np.clip(room() + rng.normal(0, 6, (120, 160)), 0, 255) for _ in range(50)]
    assert changes([frame.astype(np.uint8) for frame in noisy], MotionLimits()) == []


def test_a_walk_starts_and_ends_motion_once() -> None:
    (start, on), (end, still_on) = changes(walk(12), MotionLimits())
    assert (on, still_on) == (True, False)
    assert start == 12, "the third frame with motion: the walk begins with frame 10"
    assert end >= 22


def test_motion_must_last_for_enough_frames() -> None:
    assert changes(walk(4), MotionLimits(min_motion_frames=30)) == []


def test_the_end_waits_for_enough_still_frames() -> None:
    soon = changes(walk(12, still=30), MotionLimits(min_still_frames=1))[-1]
    late = changes(walk(12, still=30), MotionLimits(min_still_frames=9))[-1]
    assert late[0] == soon[0] + 8


def test_the_end_waits_for_the_off_delay() -> None:
    frames = walk(12, still=40)
    at_once = changes(frames, MotionLimits())[-1][0]
    delayed = changes(frames, MotionLimits(off_delay=4.0))[-1][0]
    last_motion = at_once - MotionLimits().min_still_frames
    assert delayed / RATE == pytest.approx(last_motion / RATE + 4.0, abs=1 / RATE)


def test_a_thing_that_is_too_small_is_not_told() -> None:
    frames = walk(12, side=10)
    assert changes(frames, MotionLimits(min_area=5)) == []
    assert changes(frames, MotionLimits(min_area=0.5))


def test_a_difference_that_is_too_faint_is_not_told() -> None:
    frames = walk(12, shade=100)  # ten levels over the room; half of that to the average
    assert changes(frames, MotionLimits(delta_threshold=12)) == []
    assert changes(frames, MotionLimits(delta_threshold=2))


def test_many_small_things_do_not_add_up() -> None:
    rng = np.random.default_rng(3)

    def rain() -> GreyFrame:
        frame = room()
        for x, y in zip(rng.integers(0, 8, 12) * 20, rng.integers(0, 6, 12) * 20, strict=True):
            frame[y : y + 2, x : x + 2] = 255
        return frame

    assert changes([rain() for _ in range(40)], MotionLimits(blur_kernel_size=1, min_area=3)) == []


def test_the_blur_takes_single_pixels_away() -> None:
    rng = np.random.default_rng(5)

    def snow() -> GreyFrame:
        frame = room()
        frame[rng.random(frame.shape) < 0.004] = 255
        return frame

    frames = [snow() for _ in range(30)]
    assert changes(frames, MotionLimits(blur_kernel_size=1, min_area=1))
    assert changes(frames, MotionLimits(blur_kernel_size=15, min_area=1)) == []


def test_only_what_lies_in_the_region_counts() -> None:
    left = Region(name="door", right=50)
    right = Region(name="window", left=50)
    frames = [room()] * 10 + [room(person=(n * 4, 40), side=30) for n in range(8)] + [room()] * 10
    assert changes(frames, MotionLimits(), left)
    assert changes(frames, MotionLimits(), right) == []


def test_the_box_says_where_in_the_whole_picture() -> None:
    detector = MotionDetector(MotionLimits(min_motion_frames=1), Region(name="right", left=50))
    detector.update(room(), 0)
    seen = detector.update(room(person=(100, 40)), 1)
    left, top, right, bottom = seen.box
    assert (left, right) == pytest.approx((100 / 1.6, 140 / 1.6), abs=14)
    assert (top, bottom) == pytest.approx((40 / 1.2, 80 / 1.2), abs=14)
    assert seen.region == "right"
    assert 20 < seen.score < 60


def test_a_frame_of_another_size_begins_anew() -> None:
    detector = MotionDetector(MotionLimits(min_motion_frames=1))
    detector.update(room(), 0)
    assert not detector.update(np.zeros((60, 80), np.uint8), 1).moving


@cache
def film() -> tuple[GreyFrame, ...]:
    """Every second frame of the film."""
    from services.camera.sources.film import Film

    source = Film(FILM)
    try:
        images = [source.frame(number)[1].to_image() for number in range(0, len(source), 2)]  # type: ignore[no-untyped-call]
    finally:
        source.close()
    return tuple(grey_of(image, (320, 240)) for image in images)


@needs_film
def test_on_the_film_motion_starts_when_somebody_comes_or_goes_and_the_empty_room_is_still() -> (
    None
):
    detector = MotionDetector(MotionLimits())
    seen = [detector.update(frame, 2 * n / FILM_RATE) for n, frame in enumerate(film())]
    starts = [2 * n for n, each in enumerate(seen) if each.changed and each.on]
    for first, last in COMES_OR_GOES:
        assert [n for n in starts if first <= n <= last], f"nothing between {first} and {last}"
    assert [n for n in starts if n < 58] == []
    assert [n for n in EMPTY if seen[n // 2].on] == []
    assert all(each.mask is None or each.mask.dtype == np.bool_ for each in seen)
