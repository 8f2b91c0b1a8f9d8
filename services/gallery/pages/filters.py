"""The grid's filters as links: the URL is the only place where they are kept."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from multidict import MultiDict, MultiMapping

from lookout.amounts.ranges import Range, parse_range
from lookout.contract import filters as language
from lookout.contract.filters import ASKED, RANGED, TERMS
from services.gallery.api.query import Parameters
from services.gallery.api.searches import ImageParameters
from services.gallery.pages import wording

_ENDS: Final = tuple(f"{name}_{end}" for name in RANGED for end in ("min", "max"))


@dataclass(frozen=True, slots=True)
class Chip:
    """An active filter, and the page's URL without it."""

    label: str
    url: str


def canonical(given: MultiMapping[str]) -> str | None:
    """The query string of a submitted form as the API writes it; None when it is so already.

    A filter line becomes the parameters that say the same, where it can be understood. The form has
    two boxes for a range: lux_min=100&lux_max=120 becomes lux=100..120.
    """
    lined = _without_line(given)
    if lined is not None:
        return canonical(lined) or link(list(lined.items()))
    idle = "tz" in given and not (given.get("since") or given.get("until"))
    if not any(name in given for name in _ENDS) and all(given.values()) and not idle:
        return None
    left_out = {*_ENDS, *(("tz",) if idle else ())}
    pairs = [(name, value) for name, value in given.items() if value and name not in left_out]
    for name in RANGED:
        low, high = given.get(f"{name}_min", "").strip(), given.get(f"{name}_max", "").strip()
        if low or high:
            pairs.append((name, f"{low}..{high}"))
    return link(pairs)


def _without_line(given: MultiMapping[str]) -> MultiDict[str] | None:
    """With the parameters that a filter line says; None without one that is right."""
    words = language.read(" ".join(given.getall("q", [])))
    if not words or any(word.wrong for word in words):
        return None
    said = language.fields(words)
    zone = [("tz", given["tz"])] if given.get("tz") and "tz" not in said else []
    others = [pair for pair in given.items() if pair[0] not in {"q", "tz"}]
    pairs = [(name, value) for name, values in said.items() for value in values]
    return MultiDict([*others, *pairs, *zone])


def line(given: MultiMapping[str]) -> str:
    """The filter line as it was typed, or the one that says what the parameters say.

    In whose zone its times are is left out: what is typed on a page is in the reader's own.
    """
    if "q" in given:
        return given["q"]
    return language.write({name: given.getall(name, []) for name in TERMS if name != "tz"})


def link(pairs: list[tuple[str, str]]) -> str:
    """A query string with its question mark; nothing when it would be empty."""
    return "?" + urlencode(pairs, safe=":,./") if pairs else ""


def chips(parameters: ImageParameters, given: MultiMapping[str], path: str) -> list[Chip]:
    """The active filters, each removable by itself."""
    found: list[Chip] = []
    for name in ASKED:
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
    for name, each in RANGED.items():
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
        return f"{'below' if span.below_high else 'up to'} {wording.number(span.high)} {unit}"
    if span.high == float("inf"):
        return f"{'above' if span.above_low else 'from'} {wording.number(span.low)} {unit}"
    return f"{wording.number(span.low)} to {wording.number(span.high)} {unit}"


def typed(given: MultiMapping[str]) -> dict[str, tuple[str, str]]:
    """What stands in the two boxes of each range, as it was typed."""
    return {name: _ends(given.get(name, "")) for name in RANGED}


def _ends(text: str) -> tuple[str, str]:
    try:
        return parse_range(text).ends()
    except ValueError:
        low, dots, high = text.partition("..")
        return low, high if dots else low


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
