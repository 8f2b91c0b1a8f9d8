"""Pictures in the log, folded into hours or days."""

from zoneinfo import ZoneInfo

import pytest

from services.gallery.pages.folds import HOUR, Fold, folds, midnight, typed, woven

BERLIN = ZoneInfo("Europe/Berlin")
NOON = 1_781_517_600.0  # 2026-06-15T12:00 in Berlin
INF = float("inf")


def test_each_hour_that_has_pictures_is_a_row_within_the_page() -> None:
    found = folds({NOON: 5, NOON - 2 * HOUR: 7}, NOON - 5400, NOON + 60, BERLIN)

    assert found == [Fold(NOON, NOON + 60, 5), Fold(NOON - 5400, NOON - HOUR, 7)]


def test_where_the_log_goes_far_back_days_are_rows_of_the_zone() -> None:
    hours = {NOON - number * HOUR: 1 for number in range(48)}

    found = folds(hours, -INF, INF, BERLIN)

    assert [row.count for row in found] == [13, 24, 11]
    assert [typed(row.since, BERLIN) for row in found[:2]] == [
        "2026-06-15T00:00",
        "2026-06-14T00:00",
    ]


def test_a_row_stands_before_what_happened_meanwhile_and_on_its_own_day() -> None:
    night = midnight(NOON, BERLIN)
    row = Fold(night - HOUR, night, 3)
    events = [{"timestamp": at} for at in (night + 1, night - 5, night - HOUR - 1)]

    assert woven(events, [row]) == [events[0], row, *events[1:]]
    assert midnight(row.timestamp, BERLIN) == night - 24 * HOUR


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(NOON, "2026-06-15T12:00"), (NOON + 1.5, "2026-06-15T12:00:01.500"), (INF, "")],
)
def test_times_are_written_as_people_type_them(seconds: float, text: str) -> None:
    assert typed(seconds, BERLIN) == text
