"""The filter line: what it says, and what it says of what is wrong."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout.amounts.ranges import Range, parse_range
from lookout.contract import filters
from lookout.contract.errors import BadMessage

LINE = (
    "node:porch lux:100..120 temperature:<0 people:>=1 since:2h trigger:motion label:dog kept:yes"
)


def test_a_line_says_what_the_parameters_say() -> None:
    assert filters.parse(LINE) == {
        "node": ["porch"],
        "lux": ["100..120"],
        "temperature": ["<0"],
        "people": [">=1"],
        "since": ["2h"],
        "trigger": ["motion"],
        "label": ["dog"],
        "kept": ["yes"],
    }
    assert filters.write(filters.parse(LINE)) == LINE


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", {}),
        ("  Node:porch,barn node:gate ", {"node": ["porch", "barn", "gate"]}),
        ('since:"yesterday 22:00" until:22:00', {"since": ["yesterday 22:00"], "until": ["22:00"]}),
        ('label:"traffic light",dog', {"label": ["traffic light", "dog"]}),
        ("lux:>100 lux:<120", {"lux": [">100..<120"]}),
        ("lux:..120 lux:>=120", {"lux": ["120"]}),
        ("sort:-lux tz:+02:00", {"sort": ["-lux"], "tz": ["+02:00"]}),
    ],
)
def test_lines(line: str, said: dict[str, list[str]]) -> None:
    assert filters.parse(line) == said
    assert filters.parse(filters.write(said)) == said


@pytest.mark.parametrize(
    ("line", "word", "allowed"),
    [
        ("node:porch lxu:5", "lxu:5", "did you mean lux?"),
        ("dog", "dog", "node:porch"),
        ("lux:a..b", "lux:a..b", "100..120"),
        ("lux:<5 lux:>5", "lux:>5", "no number is both"),
        ("since:teatime", "since:teatime", "yesterday 22:00"),
        ("since:2h since:3h", "since:3h", "say since once"),
        ("kept:maybe", "kept:maybe", "yes or no"),
        ("node:", "node:", "say a camera: node:porch"),
        ("node:../etc", "node:../etc", "node name"),
        ("trigger:motion,Ouch!", "trigger:motion,Ouch!", "starting with a letter"),
        ("sort:colour", "sort:colour", "-timestamp"),
        ("x" * 2000, "x" * 60, "at most 1,000 characters"),
    ],
)
def test_what_is_wrong_is_told_by_its_word(line: str, word: str, allowed: str) -> None:
    [wrong] = [each for each in filters.read(line) if each.wrong]
    assert wrong.text.startswith(word)
    assert allowed in wrong.wrong
    with pytest.raises(BadMessage) as refused:
        filters.parse(line)
    assert allowed in str(refused.value)


def test_what_is_right_counts_beside_what_is_wrong() -> None:
    assert filters.fields(filters.read("node:porch lux:bright")) == {"node": ["porch"]}


@given(st.text(max_size=80) | st.lists(st.sampled_from(
    ["node:", "lux:", "since:", "label:", ":", "a", "1", "..", "<", '"', " ", ",", "0"]
)).map("".join))  # fmt: skip
def test_whatever_is_typed_is_read_and_what_is_right_can_be_written(line: str) -> None:
    words = filters.read(line)
    typed, heard = (len(re.findall(r"\S", text)) for text in (line, "".join(w.text for w in words)))
    assert typed == heard
    said = filters.fields(words)
    assert filters.parse(filters.write(said)) == said


bounds = st.floats(-1e6, 1e6) | st.integers(-100, 100).map(float)


@given(bounds, bounds, st.booleans(), st.booleans())
def test_a_range_is_read_as_it_is_written(a: float, b: float, above: bool, below: bool) -> None:
    low, high = sorted((a, b))
    for span in (Range(low, high, above, below), Range(low, above_low=above),
                 Range(high=high, below_high=below)):  # fmt: skip
        if not span.is_empty:
            assert parse_range(span.written()) == span


@pytest.mark.parametrize(
    "text", ["", "..", "<", ">=", "<5..", "..>5", ">5..5", "5..4", "nan", ">inf", "a"]
)
def test_what_is_no_range_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r"100\.\.120"):
        parse_range(text)


def test_what_lies_in_both_of_two_ranges() -> None:
    assert Range(1, 5).within(Range(5, 9)) == Range(5, 5)
    assert Range(1, 5, below_high=True).within(Range(5, 9)).is_empty
    assert Range().within(Range(low=3, above_low=True)) == Range(3, math.inf, above_low=True)
