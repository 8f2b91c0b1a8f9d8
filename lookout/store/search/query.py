"""What to look for, and the pages in which it comes."""

import base64
import binascii
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from lookout.amounts.ranges import Range
from lookout.errors import LookoutError

TIME: Final = "timestamp"  # Unix seconds; every index has it

Row = dict[str, str]


class BadCursor(LookoutError, ValueError):
    """A cursor that we did not make."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: the sort field's value, the document's time (Unix seconds) and its id."""

    value: float
    at: float
    id: str

    def encode(self) -> str:
        body = json.dumps([self.value, self.at, self.id], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(body).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """Raises BadCursor."""
        try:
            padded = text + "=" * (-len(text) % 4)
            value, at, identifier = json.loads(base64.urlsafe_b64decode(padded.encode()))
            found = cls(float(value), float(at), str(identifier))
            if math.isfinite(found.value) and math.isfinite(found.at):
                return found
        except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
            pass
        raise BadCursor(f"cursor = {text[:80]!r}: use the `next` of an earlier answer")


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for; every part must hold."""

    tags: Mapping[str, Sequence[str]] = field(default_factory=dict)  # any of the values
    without: Mapping[str, Sequence[str]] = field(default_factory=dict)  # none of the values
    ranges: Mapping[str, Range] = field(default_factory=dict)
    words: str = ""  # each must occur in the index's text
    sort: str = TIME
    descending: bool = True
    limit: int = 50
    cursor: Cursor | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in order, each with its `id`; `next` starts the following page, if there is one."""

    rows: list[Row]
    next: str | None


def compiled(query: Query, ranges: Mapping[str, Range]) -> tuple[str, list[str | int]]:
    """The query's text and its PARAMS: what people typed goes in as parameters only."""
    parts: list[str] = []
    parameters: dict[str, str] = {}
    for sign, tags in (("", query.tags), ("-", query.without)):
        for name, values in tags.items():
            keys = [f"{'not_' if sign else ''}{name}{number}" for number in range(len(values))]
            parameters.update(zip(keys, values, strict=True))
            parts.append(f"{sign}@{name}:{{{'|'.join('$' + key for key in keys)}}}")
    for name, span in ranges.items():
        parts.append(f"@{name}:{span.text()}")
    for number, word in enumerate(query.words.split()):
        parameters[f"word{number}"] = word
        parts.append(f"@text:$word{number}")
    text = " ".join(parts) or "*"
    if not parameters:
        return text, []
    pairs = [item for pair in parameters.items() for item in pair]
    return text, ["PARAMS", len(pairs), *pairs]
