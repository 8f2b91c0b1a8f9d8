"""What may stand in a query string."""

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict
from yarl import URL

from lookout.amounts.ranges import Range
from services.gallery.api.query import parse
from services.gallery.api.searches import ImageParameters
from services.gallery.pages import filters
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


LINE = 'node:porch,barn lux:<5 since:"yesterday 22:00" label:dog kept:no sort:-lux'


def test_a_line_becomes_the_parameters_that_say_the_same_and_back() -> None:
    url = filters.canonical(MultiDict(q=LINE, tz="+02:00", trigger=""))

    assert url is not None
    given = URL(url).query
    assert "q" not in given
    assert given["tz"] == "+02:00"
    assert filters.line(given) == LINE
    assert filters.canonical(given) is None
    assert parse(ImageParameters, given) == images(q=LINE, tz="+02:00")


def test_every_wrong_word_of_a_line_is_named() -> None:
    with pytest.raises(Problem) as refused:
        images(q="node:porch lux:bright dog")

    errors = refused.value.members["errors"]
    assert [(each["field"], each["value"]) for each in errors] == [
        ("q", "lux:bright"),
        ("q", "dog"),
    ]
    assert filters.canonical(MultiDict(q="lux:bright")) is None


def test_a_line_of_nothing_deletes_nothing() -> None:
    assert images(q="  ").is_empty
    assert not images(q="kept:no").is_empty
