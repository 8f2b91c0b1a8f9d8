"""Stretches of an order lie side by side and leave nothing out, whatever happens on the way."""

import math

from hypothesis import given
from hypothesis import strategies as st

from lookout.amounts.ranges import Range
from lookout.store.search.windows import (
    LEAST_GROWTH,
    SHRINK,
    TIED,
    Marks,
    Seconds,
    Windows,
    holds,
)

NUMBERS = st.integers(-20, 20).map(float)
ENDS = st.one_of(NUMBERS, st.just(math.inf))
WHOLE = st.builds(lambda low, high, a, b: Range(-low, high, a, b), ENDS, ENDS, *[st.booleans()] * 2)
DRAWN = st.dictionaries(NUMBERS, st.integers(1, 9)).map(lambda drawn: dict(sorted(drawn.items())))
STEPS = st.lists(st.sampled_from(("on", "slow", "to", "narrow")), max_size=40)
PROBES = [number / 2 for number in range(-60, 61)]


def covered(windows: Windows, steps: list[str], *, descending: bool) -> list[float]:
    """The probes in the order in which stretches hold them."""
    found: list[float] = []
    going = iter(steps)
    while (window := windows.window()) is not None:
        inside = sorted((n for n in PROBES if holds(window, n)), reverse=descending)
        step = next(going, "on")
        if step == "narrow":
            windows.narrow()
        elif step == "to" and inside:
            half = inside[: len(inside) // 2 + 1]
            found += half
            windows.move_to(half[-1])
        else:
            found += inside
            windows.move_on(len(inside), 3, 1.0 if step == "slow" else 0.001)
    return found


@given(
    whole=WHOLE,
    drawn=DRAWN,
    steps=STEPS,
    descending=st.booleans(),
    each=st.floats(1, 5_000),
    least=st.sampled_from((LEAST_GROWTH, 1 / SHRINK)),
)
def test_stretches_between_numbers_leave_nothing_out(
    whole: Range,
    drawn: dict[float, int],
    steps: list[str],
    descending: bool,
    each: float,
    least: float,
) -> None:
    windows = Marks(whole, drawn, each, descending=descending, step=2.0, least=least)
    found = covered(windows, steps, descending=descending)
    assert found == sorted((n for n in PROBES if holds(whole, n)), reverse=descending)


@given(whole=WHOLE, hits=DRAWN, steps=STEPS, descending=st.booleans(), first=st.floats(1, 50))
def test_stretches_of_time_leave_nothing_out(
    whole: Range, hits: dict[float, int], steps: list[str], descending: bool, first: float
) -> None:
    start = min(whole.high, 20.0) if descending else max(whole.low, -30.0)
    if not descending and whole.low == -math.inf:
        return  # from an open end of time there is no moment to start from
    windows = Seconds(whole, start, descending=descending, first=first, hits=hits)
    found = covered(windows, steps, descending=descending)
    assert found == sorted((n for n in PROBES if holds(whole, n)), reverse=descending)


def test_a_value_that_very_many_share_is_a_stretch_by_itself() -> None:
    """Sorting 5,000 of one value by it tells nothing; they are walked along time."""
    drawn = {1.0: 1, 2.0: 5, 3.0: 1}
    windows = Marks(Range(), drawn, TIED, descending=False, step=4.0)
    before = windows.window()
    assert before is not None
    assert (holds(before, 1.9), holds(before, 2.0)) == (True, False)
    windows.move_on(0, 60, 0.001)
    assert windows.window() == Range(2.0, 2.0)


def test_what_is_no_more_than_enough_is_looked_at_with_its_neighbours() -> None:
    windows = Marks(Range(), {1.0: 1, 2.0: 2, 3.0: 1}, TIED, descending=False, step=40.0)
    assert windows.window() == Range()


def test_an_empty_stretch_of_time_is_crossed_at_once() -> None:
    """By night nothing is bright: the next stretch ends where something is known to be."""
    hits = {10_000.0: 1, 20_000.0: 1, 30_000.0: 1}
    windows = Seconds(Range(), 100_000.0, descending=True, first=60.0, hits=hits)
    assert windows.window() == Range(low=99_940.0)
    windows.move_on(0, 60, 0.001)
    assert windows.window() == Range(low=30_000.0, high=99_940.0, below_high=True)
    windows.move_on(500, 60, 0.001)
    assert windows.window() == Range(low=10_000.0, high=30_000.0, below_high=True)
