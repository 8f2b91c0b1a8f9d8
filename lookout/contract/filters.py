"""The filter line: `node:porch lux:100..120 since:2h`, one language for pages, API and command.

All its words must hold. A line says what the API's parameters say, and is read into them; what can
be asked is one table, made of the images' fields. Whatever is typed is read: each word, and what is
wrong with it.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Final

from lookout.amounts.ranges import parse_range
from lookout.amounts.times import parse_time, parse_zone
from lookout.contract.errors import BadMessage, short
from lookout.contract.images import IMAGE_FIELDS, TRIGGERS
from lookout.contract.marks import check_tag
from lookout.contract.topics import check_node, check_word

LONGEST: Final = 1_000  # characters of a line
MOST_VALUES: Final = 100  # of one name
YES, NO = ("yes", "true"), ("no", "false")
RANGED: Final = {name: each for name, each in IMAGE_FIELDS.items() if each.ranged}
ASKED: Final = {each.asked: name for name, each in IMAGE_FIELDS.items() if each.asked}
ORDERS: Final = tuple(sign + name for name in ("timestamp", *RANGED, "size") for sign in ("-", ""))

_WORD: Final = re.compile(r'(?:"[^"]*"?|[^\s"])+')  # a value with spaces stands in quotes
_LONGEST_LABEL: Final = 64
_CONTEXT: Final = re.compile(r"[0-9A-Za-z_.:-]{1,64}")
_NEEDS_QUOTES: Final = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Term:
    """What one name asks for: what it is, some of its values, and how one is checked.

    `check` raises ValueError saying what is allowed.
    """

    what: str
    examples: tuple[str, ...]
    check: Callable[[str], object]
    several: bool = False  # may have more than one value, of which one must hold


@dataclass(frozen=True, slots=True)
class Said:
    """A word of a line: as it was typed, what it says, and what is wrong with it, if anything."""

    text: str
    name: str = ""
    values: tuple[str, ...] = ()
    wrong: str = ""


def check_label(text: str) -> str:
    """What a detector calls a thing. Raises ValueError."""
    name = text.strip()
    if not name or not name.isprintable() or len(name) > _LONGEST_LABEL:
        raise ValueError("use the name of a thing such as person or dog")
    return name


def _context(text: str) -> str:
    if not _CONTEXT.fullmatch(text):
        raise ValueError("use the id of a context, as events and pictures have it")
    return text


def _flag(text: str) -> str:
    if text.lower() not in YES + NO:
        raise ValueError("use yes or no")
    return text


def check_order(text: str) -> str:
    """One of ORDERS. Raises ValueError."""
    if text not in ORDERS:
        raise ValueError(f"use one of {', '.join(ORDERS)}")
    return text


def _numbers(unit: str) -> Term:
    return Term(f"numbers, {unit}".removesuffix(", "), ("100..120", ">=1", "<0"), parse_range)


_TIMES: Final = ("1h", "today", "yesterday", "22:00", '"yesterday 22:00"', "2026-06-01T12:00")
TERMS: Final[Mapping[str, Term]] = {
    "node": Term("a camera", ("porch",), check_node, several=True),
    **{name: _numbers(each.unit) for name, each in RANGED.items()},
    "since": Term("a time, or how long ago", _TIMES, parse_time),
    "until": Term("a time, or how long ago", _TIMES, parse_time),
    "trigger": Term("what had it taken", TRIGGERS, check_word, several=True),
    "label": Term("what is seen in it", ("person", "dog", "car"), check_label, several=True),
    "zone": Term("with something in this zone", ("gate",), check_word, several=True),
    "tag": Term("what people call it", ("hedgehog",), check_tag, several=True),
    "kept": Term("kept for good", ("yes", "no"), _flag),
    "context": Term("what a context made or caused", (), _context),
    "sort": Term("the order", ORDERS, check_order),
    "tz": Term("the zone of times", ("Europe/Berlin", "+02:00"), parse_zone),
}


def read(line: str) -> list[Said]:
    """Each word of a line; never fails, as what is wrong is told with the word."""
    if len(line) > LONGEST:
        return [Said(line[:LONGEST], wrong=f"a line has at most {LONGEST:,} characters")]
    words: list[Said] = []
    for text in _WORD.findall(line):
        word = _read_one(text)
        words.append(word if word.wrong else _beside(word, words))
    return words


def parse(line: str) -> dict[str, list[str]]:
    """The parameters that say the same. Raises BadMessage naming each word that is wrong."""
    words = read(line)
    wrong = [f"{short(word.text)}: {word.wrong}" for word in words if word.wrong]
    if wrong:
        raise BadMessage("; ".join(wrong))
    return fields(words)


def fields(words: Iterable[Said]) -> dict[str, list[str]]:
    """What the words that are right say, as parameters."""
    found: dict[str, list[str]] = {}
    for word in words:
        if word.wrong:
            continue
        if word.name in RANGED and word.name in found:  # both must hold
            span = parse_range(found[word.name][0]).within(parse_range(word.values[0]))
            found[word.name] = [span.written()]
        else:
            known = found.setdefault(word.name, [])
            known += [value for value in word.values if value not in known]
    return found


def write(said: Mapping[str, Sequence[str]]) -> str:
    """The line that says what these parameters say, in the table's order."""
    words = []
    for name, term in TERMS.items():
        values = [_quoted(value) for value in said.get(name, ()) if value]
        joined = [",".join(values)] if term.several and values else values
        words += [f"{name}:{value}" for value in joined]
    return " ".join(words)


def _quoted(value: str) -> str:
    return f'"{value}"' if _NEEDS_QUOTES.search(value) else value


def _read_one(text: str) -> Said:
    name, colon, rest = text.replace('"', "").partition(":")
    name = name.lower()
    if not colon or name not in TERMS:
        return Said(text, wrong=_no_name(name, colon))
    term = TERMS[name]
    parts = rest.split(",") if term.several else [rest]
    values = tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))
    if not values:
        return Said(text, name, wrong=f"say {term.what}: {_examples(name)}")
    for value in values:
        try:
            term.check(value)
        except ValueError as error:
            return Said(text, name, values, wrong=str(error))
    return Said(text, name, values)


def _beside(word: Said, before: Sequence[Said]) -> Said:
    """The word, judged by those that stand before it."""
    same = [each for each in before if each.name == word.name and not each.wrong]
    if not same:
        return word
    term = TERMS[word.name]
    if term.several:
        count = sum(len(each.values) for each in (*same, word))
        too_many = f"at most {MOST_VALUES} of one name"
        return replace(word, wrong=too_many) if count > MOST_VALUES else word
    if word.name not in RANGED:
        return replace(word, wrong=f"say {word.name} once")
    span = parse_range(fields(same)[word.name][0]).within(parse_range(word.values[0]))
    return replace(word, wrong="no number is both") if span.is_empty else word


def _no_name(name: str, colon: str) -> str:
    names = ", ".join(TERMS)
    if not colon:
        return f"write name:value, such as node:porch or since:2h; names are {names}"
    meant = get_close_matches(name, TERMS, 1)
    return f"did you mean {meant[0]}? Names are {names}" if meant else f"names are {names}"


def _examples(name: str) -> str:
    values = TERMS[name].examples
    return " or ".join(f"{name}:{value}" for value in values[:2]) or f"{name}:..."
