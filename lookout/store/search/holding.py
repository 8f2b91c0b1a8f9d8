"""Whether a query finds a document, judged by the document itself."""

from collections.abc import Mapping, Sequence

from lookout.amounts.ranges import Range
from lookout.store.search.query import Query, Row


def finds(query: Query, row: Row) -> bool:
    """As the index would say, but now; the query's words are for the index alone."""
    return (
        all(has(row, name, values) for name, values in query.tags.items())
        and not any(has(row, name, values) for name, values in query.without.items())
        and all(_is_within(row.get(name), span) for name, span in query.ranges.items())
    )


def has(row: Mapping[str, str], name: str, values: Sequence[str]) -> bool:
    """A TAG holds values with commas between, and does not tell capitals from small letters."""
    own = {part.strip().lower() for part in row.get(name, "").split(",")}
    return any(value.lower() in own for value in values)


def _is_within(text: str | None, span: Range) -> bool:
    try:
        number = float(text or "")
    except ValueError:
        return False
    low = number > span.low if span.above_low else number >= span.low
    high = number < span.high if span.below_high else number <= span.high
    return low and high
