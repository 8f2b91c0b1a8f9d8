"""How many images come in a minute."""

import pytest

from services.events.rate import WINDOW, Rate


def test_the_rate_is_that_of_the_last_five_minutes() -> None:
    rate = Rate()
    assert rate.take(0, 1_000) is None
    assert rate.take(30, 1_010) == 20
    assert rate.take(60, 1_010) == 10
    for seconds in range(90, 2 * int(WINDOW), 30):
        last = rate.take(seconds, 1_010)
    assert last == 0


@pytest.mark.parametrize("fewer", [0, 999])
def test_a_count_that_shrinks_begins_anew(fewer: int) -> None:
    rate = Rate()
    rate.take(0, 1_000)
    assert rate.take(30, fewer) is None
    assert rate.take(90, fewer + 6) == 6
