"""What may stand in a query string, and the store's queries made of it."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import tzinfo
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal, TypeVar

from multidict import MultiMapping
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError

from lookout.amounts.ranges import Range, between, parse_range
from lookout.amounts.times import parse_duration, parse_time, parse_zone
from lookout.contract import filters
from lookout.contract.events import KINDS as EVENT_KINDS
from lookout.contract.events import ROUTINE
from lookout.contract.filters import ASKED, ORDERS, RANGED
from lookout.contract.topics import NODE_PATTERN, NodeName, Word
from lookout.contract.wire import Identifier
from lookout.store import finding
from lookout.store.search import BadCursor, Cursor, Query, Row
from lookout.store.search.holding import finds
from services.gallery.live.viewer import KINDS, Judge
from services.gallery.web.problems import LONGEST_VALUE, Problem

_TZ: Final = "the zone of times that name none; default: the hub's own"
_CURSOR_HELP: Final = "use the `next` of an earlier answer"
NO_TYPE: Final = ("_",)  # an event type that there cannot be
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
Limit = Annotated[int, Field(ge=1, le=200)]
Sort = Annotated[
    str,
    AfterValidator(filters.check_order),
    WithJsonSchema({"type": "string", "enum": list(ORDERS)}),
]
Kind = Literal["image", "deleted", "node", "event"]
Metric = Annotated[Word, AfterValidator(_metric)]


class Parameters(BaseModel):
    """A query string; unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


P = TypeVar("P", bound=Parameters)


_RANGES: dict[str, Any] = {
    name: (Numbers | None, Field(None, description=each.unit)) for name, each in RANGED.items()
}
_Ranged: Any = create_model("Ranged", __base__=Parameters, **_RANGES)
WRONG_LINE: Final = "filter_line"


class ImageFilter(_Ranged):
    """Which images: by parameters, by a filter line, or by both."""

    q: str = Field(
        "",
        description="a filter line, which says the same: node:porch lux:100..120 since:2h",
    )
    tz: Zone | None = Field(
        None, description="in which times without a zone are; default: the hub's"
    )
    node: NodeNames = ()
    since: Time | None = None
    until: Time | None = None
    trigger: WordList = ()
    label: Labels = Field((), description="things that were seen, any of them, such as dog")
    zone: WordList = Field((), description="zones with something in them, any of these")
    kept: bool | None = Field(None, description="only those that are kept for good, or only others")
    context: Identifier | None = Field(None, description="made by, or caused by, this context")

    @model_validator(mode="before")
    @classmethod
    def _with_line(cls, given: Any) -> Any:
        """What a filter line says joins the other parameters."""
        if not isinstance(given, dict) or not given.get("q"):
            return given
        lines = given["q"] if isinstance(given["q"], list) else [given["q"]]
        words = filters.read(" ".join(map(str, lines)))
        wrong = [word for word in words if word.wrong]
        if wrong:
            raise PydanticCustomError(WRONG_LINE, "words of a filter line", {"words": wrong})
        return _joined({name: each for name, each in given.items() if name != "q"}, words)

    def span(self, name: str) -> Range | None:
        """What is asked of a field that has a range."""
        found: Range | None = getattr(self, name)
        return found

    def query(self) -> Query:
        """The store's query, the context left out."""
        words = {name: getattr(self, name) for name in ASKED}
        spans = {name: self.span(name) for name in RANGED}
        spans["timestamp"] = between(self.since, self.until)
        return finding.wanted(words, spans, self.kept)

    @property
    def is_empty(self) -> bool:
        """Whether it finds every image."""
        return not self.model_fields_set - {"tz"}

    def finds(self, row: Row) -> bool:
        """Whether an image is one of those, by its hash."""
        causes = (row.get("context_id"), row.get("parent_id"))
        return (self.context is None or self.context in causes) and finds(self.query(), row)


def _joined(given: dict[str, Any], words: Iterable[filters.Said]) -> dict[str, Any]:
    """Parameters, and what a line says: of what has one value only one may say it."""
    for name, values in filters.fields(words).items():
        known = given.get(name, [])
        every = [*(known if isinstance(known, list) else [known]), *values]
        given[name] = every if len(every) > 1 else every[0]
    return given


class ImageParameters(ImageFilter):
    """Which images, in which order."""

    sort: Sort = "-timestamp"
    limit: Limit = 60
    cursor: PageCursor | None = None

    def query(self) -> Query:
        """The store's query, the context left out."""
        return replace(
            super().query(),
            sort=self.sort.removeprefix("-"),
            descending=self.sort.startswith("-"),
            limit=self.limit,
            cursor=self.cursor,
        )


class StreamParameters(ImageFilter):
    """What is to be told; filters are of images, and `node` and `event_type` of events too."""

    kinds: Annotated[tuple[Kind, ...], BeforeValidator(several), Field(max_length=10)] = KINDS
    event_type: WordList = ()
    after: str | None = Field(
        None, max_length=40, description="the `id` of a message: told is what was said after it"
    )
    html: Literal["1"] | None = Field(None, description="pieces of the gallery's own pages too")

    def judge(self) -> Judge:
        """Whether a message is wanted: by its kind, and by what it is about."""
        query, kinds = self.query(), frozenset(self.kinds)
        narrow = bool(query.tags or query.without or query.ranges or self.context)

        def wants(kind: str, subject: Any) -> bool:
            if kind not in kinds:
                return False
            if kind == "image":
                return not narrow or self.finds(subject)
            if kind == "event":
                return self._wants_event(subject)
            return kind == "deleted" or not self.node or subject in self.node

        return wants

    def _wants_event(self, event: Mapping[str, Any]) -> bool:
        return (not self.node or event["node"] in self.node) and (
            not self.event_type or event["event_type"] in self.event_type
        )


def _event_kind(name: str) -> str:
    if name not in EVENT_KINDS:
        raise ValueError(f"use one of {', '.join(EVENT_KINDS)}")
    return name


EventKind = Annotated[
    str, AfterValidator(_event_kind), WithJsonSchema({"type": "string", "enum": list(EVENT_KINDS)})
]


class EventParameters(Parameters):
    """Which events; the newest come first."""

    tz: Zone | None = Field(
        None, description="in which times without a zone are; default: the hub's"
    )
    event_type: WordList = ()
    kind: Annotated[tuple[EventKind, ...], BeforeValidator(several)] = Field(
        (), description="the types of these kinds, besides those of event_type"
    )
    routine: bool | None = Field(
        None, description="false leaves out what comes with every picture, true the rest"
    )
    node: Origins = ()
    since: Time | None = None
    until: Time | None = None
    q: str = Field("", max_length=200, description="words that must all occur")
    context: Identifier | None = Field(None, description="made by, or caused by, this context")
    limit: Limit = 60
    cursor: PageCursor | None = None

    def span(self, name: str) -> Range | None:
        """What is asked of a field that has a range."""
        found: Range | None = getattr(self, name)
        return found

    @property
    def types(self) -> tuple[str, ...]:
        """Any of these; nothing where all are meant."""
        of_kinds = (name for kind in self.kind for name in EVENT_KINDS[kind])
        chosen = tuple(dict.fromkeys((*self.event_type, *of_kinds)))
        if self.routine:
            return tuple(name for name in chosen or ROUTINE if name in ROUTINE) or NO_TYPE
        return chosen

    def query(self) -> Query:
        """The store's query, the context left out."""
        tags = {"event_type": self.types, "node": self.node}
        span = between(self.since, self.until)
        return Query(
            tags={name: values for name, values in tags.items() if values},
            without={"event_type": ROUTINE} if self.routine is False else {},
            ranges={} if span is None else {"timestamp": span},
            # The index cuts text at everything but letters, digits and _.
            words=" ".join(re.findall(r"\w+", self.q.lower())),
            limit=self.limit,
            cursor=self.cursor,
        )


class ReadingParameters(Parameters):
    """Which metric of which node, and how finely."""

    tz: Zone | None = Field(
        None, description="in which times without a zone are; default: the hub's"
    )
    node: NodeName
    metric: Metric
    since: Time | None = Field(None, description="default: a day ago")
    until: Time | None = None
    bucket: Duration | None = Field(None, description="default: about 200 buckets")


class DataParameters(Parameters):
    """How large an image is wanted."""

    width: int | None = Field(None, ge=1, le=16_384, description="pixels; the next size above")
    download: Literal["1"] | None = Field(None, description="save it instead of showing it")


class LatestParameters(Parameters):
    """How large the newest picture is wanted."""

    width: int | None = Field(None, ge=1, le=16_384, description="pixels; the next size above")


class CommandParameters(Parameters):
    """How long a command's answer is waited for."""

    timeout: float | None = Field(None, gt=0, le=300, allow_inf_nan=False, description="seconds")


class LiveParameters(Parameters):
    """Which nodes to watch; by default all."""

    node: NodeNames = ()


class WallParameters(Parameters):
    """Which films, and how fast."""

    node: Annotated[NodeNames, Field(min_length=1)]
    rate: float = Field(2, ge=0.1, le=10, allow_inf_nan=False, description="frames a second")


class NoParameters(Parameters):
    """No parameters."""


def parse(model: type[P], given: MultiMapping[str]) -> P:
    """Read a query string. Raises a 400 Problem naming each field, value and what is allowed."""
    try:
        return model.model_validate(_fields(given))
    except ValidationError as error:
        raise explained(model, error) from None


def explained(model: type[Parameters], error: ValidationError) -> Problem:
    """A 400 Problem naming each field, value and what is allowed."""
    errors = [each for item in error.errors(include_url=False) for each in _explain(model, item)]
    detail = "; ".join(f"{e['field']} = {e['value']!r}: {e['allowed']}" for e in errors)
    return Problem(HTTPStatus.BAD_REQUEST, detail, errors=errors)


def _fields(given: MultiMapping[str]) -> dict[str, object]:
    """What a form leaves empty counts as not given."""
    fields: dict[str, object] = {}
    for name in given:
        values = [value for value in given.getall(name) if value.strip()]
        if values:
            fields[name] = values[0] if len(values) == 1 else values
    return fields


def _explain(model: type[Parameters], item: Mapping[str, Any]) -> list[dict[str, str]]:
    if item["type"] == WRONG_LINE:
        return [_fault("q", word.text, word.wrong) for word in item["ctx"]["words"]]
    value = item.get("input", "")
    if item["type"] == "extra_forbidden":
        allowed = "no such parameter; there are " + (", ".join(model.model_fields) or "none")
    elif item["type"] == "missing":
        value, allowed = "", "is needed"
    elif isinstance(value, list):
        allowed = "give it once"
    else:
        allowed = item["msg"].removeprefix("Value error, ")
    return [_fault(str(item["loc"][0]), str(value), allowed)]


def _fault(field: str, value: str, allowed: str) -> dict[str, str]:
    return {"field": field, "value": value[:LONGEST_VALUE], "allowed": allowed}
