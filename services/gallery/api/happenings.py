"""Which events, and what of all that happens is to be told."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from lookout.amounts.ranges import Range, between
from lookout.contract.events import KINDS as EVENT_KINDS
from lookout.contract.events import ROUTINE
from lookout.contract.wire import Identifier
from lookout.store.search import Query
from services.gallery.api.query import Parameters
from services.gallery.api.searches import ImageFilter
from services.gallery.api.values import Limit, Origins, PageCursor, Time, WordList, Zone, several
from services.gallery.live.viewer import KINDS, Judge

NO_TYPE: Final = ("_",)  # an event type that there cannot be
Kind = Literal["image", "deleted", "node", "event"]


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
