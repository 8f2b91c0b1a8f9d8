"""What a value in a query string may be: times, ranges, words, cursors."""

import math
import re
from datetime import tzinfo
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema

from lookout.amounts.ranges import Range, parse_range
from lookout.amounts.times import parse_duration, parse_time, parse_zone
from lookout.contract import filters, marks
from lookout.contract.filters import ORDERS
from lookout.contract.topics import NODE_PATTERN, NodeName, Word
from lookout.store.search import BadCursor, Cursor

_CURSOR_HELP: Final = "use the `next` of an earlier answer"
_CURSOR_ID: Final = re.compile(r"[0-9A-Za-z_:-]{1,64}")  # an image's id, or an event's ULID


def _duration(value: object) -> float:
    return parse_duration(str(value))


def _time(value: object, info: ValidationInfo) -> float:
    # A + for the zone that was not escaped in the URL arrives as a space.
    text = re.sub(r"(:\d\d(?:\.\d+)?) (\d\d:?\d\d)$", r"\1+\2", str(value).strip())
    return parse_time(text, info.data.get("tz"))


def _zone(value: object) -> tzinfo:
    return parse_zone(re.sub(r"^ (\d\d:?\d\d)$", r"+\1", str(value)))


def _range(value: object) -> Range:
    return parse_range(str(value))


def several(value: object) -> object:
    """Values may be repeated (node=a&node=b) or listed (node=a,b)."""
    parts = value if isinstance(value, list | tuple) else [value]
    return tuple(dict.fromkeys(word for part in parts for word in str(part).split(",") if word))


def _cursor(value: object) -> Cursor:
    try:
        cursor = Cursor.decode(str(value))
    except (BadCursor, OverflowError, RecursionError):
        raise ValueError(_CURSOR_HELP) from None
    if not math.isfinite(cursor.value) or not _CURSOR_ID.fullmatch(cursor.id):
        raise ValueError(_CURSOR_HELP)
    return cursor


def _metric(name: str) -> str:
    if name in {"node", "timestamp"}:  # fields of a reading that are no metrics
        raise ValueError("use a metric such as lux, temperature or humidity")
    return name


def _text(example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "examples": [example]})


Time = Annotated[float, BeforeValidator(_time), _text("2h")]
Zone = Annotated[tzinfo, BeforeValidator(_zone), _text("Europe/Berlin")]
Duration = Annotated[float, BeforeValidator(_duration), _text("5m")]
Numbers = Annotated[Range, BeforeValidator(_range), _text("100..120")]
PageCursor = Annotated[Cursor, BeforeValidator(_cursor), _text("WzE3MzIxMzg4MDAuMTIzLCJnYXJkZW4i")]
NodeNames = Annotated[tuple[NodeName, ...], BeforeValidator(several), Field(max_length=100)]
# A node, or `hub` for what concerns no single node.
Origin = Annotated[str, Field(pattern=rf"^{NODE_PATTERN}$")]
Origins = Annotated[tuple[Origin, ...], BeforeValidator(several), Field(max_length=100)]
WordList = Annotated[tuple[Word, ...], BeforeValidator(several), Field(max_length=100)]
# Of a model's things, such as `dining table`; there is no list of all.
Label = Annotated[str, AfterValidator(filters.check_label)]
Labels = Annotated[tuple[Label, ...], BeforeValidator(several), Field(max_length=100)]
Tag = Annotated[str, AfterValidator(marks.check_tag)]
Tags = Annotated[tuple[Tag, ...], BeforeValidator(several), Field(max_length=100)]
Limit = Annotated[int, Field(ge=1, le=200)]
Sort = Annotated[
    str,
    AfterValidator(filters.check_order),
    WithJsonSchema({"type": "string", "enum": list(ORDERS)}),
]
Metric = Annotated[Word, AfterValidator(_metric)]
