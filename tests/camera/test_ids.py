"""Ids are the milliseconds of the capture, and none is used twice."""

from hypothesis import given
from hypothesis import strategies as st

from services.camera.capture.ids import SMALL_STEP, Milliseconds


def test_an_id_is_the_time_of_the_capture() -> None:
    assert Milliseconds().take(1732138800.1234) == 1732138800123


def test_two_in_one_millisecond_get_two_ids() -> None:
    ids = Milliseconds()
    assert [ids.take(1.0), ids.take(1.0), ids.take(1.0)] == [1000, 1001, 1002]


def test_a_small_step_back_counts_on_from_the_last() -> None:
    ids = Milliseconds(last=100_000)
    assert ids.take(99.0) == 100_001


def test_a_clock_that_was_years_ahead_does_not_keep_ids_there() -> None:
    ids = Milliseconds(last=4_000_000_000_000)
    assert ids.take(1732138800.0) == 1732138800000


@given(st.lists(st.floats(0, 200), min_size=1, max_size=200))
def test_no_id_is_handed_out_twice_however_the_clock_jumps(times: list[float]) -> None:
    ids = Milliseconds()
    taken = [ids.take(timestamp) for timestamp in times]
    assert len(set(taken)) == len(taken)
    assert all(
        abs(each - round(timestamp * 1000)) <= SMALL_STEP + len(times)
        for each, timestamp in zip(taken, times, strict=True)
    )
