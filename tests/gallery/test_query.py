"""What may stand in a query string."""

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict

from lookout.amounts.ranges import Range
from services.gallery.api.query import ImageParameters, parse
from services.gallery.web.problems import Problem


def images(**fields: str) -> ImageParameters:
    return parse(ImageParameters, MultiDict(fields))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("2h", 7200), ("1.5d", 129_600), ("1W", 604_800)],
)
def test_a_time_may_be_how_long_ago(text: str, seconds: float) -> None:
    since = images(since=text).since

    assert since == pytest.approx(time.time() - seconds, abs=5)


@pytest.mark.parametrize(
    "text", ["1700000000", "1.7e9", "2023-11-14T22:13:20Z", "2023-11-14T23:13:20+01:00",
             "2023-11-14T23:13:20 01:00"]
)  # fmt: skip
def test_a_time_may_be_unix_or_iso(text: str) -> None:
    assert images(since=text).since == 1_700_000_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("100..120", Range(100, 120)),
        ("..5", Range(-math.inf, 5)),
        ("1..", Range(1, math.inf)),
        ("-3", Range(-3, -3)),
        (" -1.5 .. 2e3 ", Range(-1.5, 2000)),
    ],
)
def test_ranges(text: str, expected: Range) -> None:
    assert images(lux=text).span("lux") == expected


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(0, 1e6))
def test_every_range_of_numbers_is_understood(low: float, length: float) -> None:
    high = low + length

    assert images(lux=f"{low!r}..{high!r}").span("lux") == Range(low, high)


@given(st.dictionaries(st.sampled_from(list(ImageParameters.model_fields)), st.text(max_size=40)))
def test_whatever_is_written_is_understood_or_refused_by_name(fields: dict[str, str]) -> None:
    try:
        parse(ImageParameters, MultiDict(fields)).query()
    except Problem as problem:
        assert problem.status == 400
        assert {error["field"] for error in problem.members["errors"]} <= fields.keys()
