"""Which images, in which order: by parameters, by a filter line, or by both."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from pydantic import Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from lookout.amounts.ranges import Range, between
from lookout.contract import filters
from lookout.contract.filters import ASKED, RANGED
from lookout.contract.wire import Identifier
from lookout.store import finding
from lookout.store.search import Query, Row
from lookout.store.search.holding import finds
from services.gallery.api.query import WRONG_LINE, Parameters
from services.gallery.api.values import (
    Labels,
    Limit,
    NodeNames,
    Numbers,
    PageCursor,
    Sort,
    Tags,
    Time,
    WordList,
    Zone,
)

_RANGES: dict[str, Any] = {
    name: (Numbers | None, Field(None, description=each.unit)) for name, each in RANGED.items()
}
_Ranged: Any = create_model("Ranged", __base__=Parameters, **_RANGES)


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
    tag: Tags = Field((), description="what people call it, any of these")
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
