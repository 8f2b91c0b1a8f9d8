"""The grid's filters as links: the URL is the only place where they are kept."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from multidict import MultiMapping

from lookout.amounts.ranges import Range
from lookout.contract.images import IMAGE_FIELDS
from services.gallery.api.query import ImageParameters, Parameters
from services.gallery.pages import wording

RANGES: Final = {name: each for name, each in IMAGE_FIELDS.items() if each.ranged}
_LISTS: Final = ("node", "trigger", "label", "zone")
_ENDS: Final = tuple(f"{name}_{end}" for name in RANGES for end in ("min", "max"))


@dataclass(frozen=True, slots=True)
class Chip:
    """An active filter, and the page's URL without it."""

    label: str
    url: str


def canonical(given: MultiMapping[str]) -> str | None:
    """The query string of a submitted form as the API writes it; None when it is so already.

    The form has two boxes for a range: lux_min=100&lux_max=120 becomes lux=100..120.
    """
    idle = "tz" in given and not (given.get("since") or given.get("until"))
    if not any(name in given for name in _ENDS) and all(given.values()) and not idle:
        return None
    left_out = {*_ENDS, *(("tz",) if idle else ())}
    pairs = [(name, value) for name, value in given.items() if value and name not in left_out]
    for name in RANGES:
        low, high = given.get(f"{name}_min", "").strip(), given.get(f"{name}_max", "").strip()
        if low or high:
            pairs.append((name, f"{low}..{high}"))
    return link(pairs)


def link(pairs: list[tuple[str, str]]) -> str:
    """A query string with its question mark; nothing when it would be empty."""
    return "?" + urlencode(pairs, safe=":,.") if pairs else ""


def chips(parameters: ImageParameters, given: MultiMapping[str], path: str) -> list[Chip]:
    """The active filters, each removable by itself."""
    found: list[Chip] = []
    for name in _LISTS:
        values: tuple[str, ...] = getattr(parameters, name)
        for value in values:
            rest = [(name, other) for other in values if other != value]
            found.append(Chip(f"{name}: {value}", path + link(_without(given, name) + rest)))
    for name, label in _labels(parameters, given):
        found.append(Chip(label, path + link(_without(given, name))))
    return found


def _labels(parameters: ImageParameters, given: MultiMapping[str]) -> list[tuple[str, str]]:
    labels = [(name, f"{word} {given[name]}") for name, word in
              (("since", "since"), ("until", "until")) if given.get(name)]  # fmt: skip
    for name, each in RANGES.items():
        span = parameters.span(name)
        if span is not None:
            labels.append((name, range_text(span, each.unit or name)))
    if parameters.kept is not None:
        labels.append(("kept", "kept" if parameters.kept else "not kept"))
    if parameters.context is not None:
        labels.append(("context", "one cause"))
    return labels


def range_text(span: Range, unit: str) -> str:
    """A range as people say it."""
    if span.low == span.high:
        return f"{wording.number(span.low)} {unit}"
    if span.low == float("-inf"):
        return f"up to {wording.number(span.high)} {unit}"
    if span.high == float("inf"):
        return f"from {wording.number(span.low)} {unit}"
    return f"{wording.number(span.low)} to {wording.number(span.high)} {unit}"


def typed(given: MultiMapping[str]) -> dict[str, tuple[str, str]]:
    """What stands in the two boxes of each range, as it was typed."""
    found = {}
    for name in RANGES:
        low, dots, high = given.get(name, "").partition("..")
        found[name] = (low, high if dots else low)
    return found


def active(given: MultiMapping[str], model: type[Parameters], *without: str) -> str:
    """The query string of the filters alone."""
    return chosen(given, *(name for name in model.model_fields if name not in without))


def search(given: MultiMapping[str]) -> str:
    """The query string of a search that a picture was found by, never empty."""
    return active(given, ImageParameters, "cursor", "limit") or "?sort=-timestamp"


def chosen(given: MultiMapping[str], *names: str) -> str:
    """The query string of these parameters alone."""
    return link([(name, value) for name, value in given.items() if name in names])


def _without(given: MultiMapping[str], name: str) -> list[tuple[str, str]]:
    return [(key, value) for key, value in given.items() if key not in {name, "cursor"}]
