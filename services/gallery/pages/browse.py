"""What there is to choose from: saved searches, and the values of a search with their counts."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web
from multidict import MultiMapping

from lookout.contract.filters import TERMS
from services.gallery.api import facets, saved
from services.gallery.api.query import parse
from services.gallery.api.searches import ImageParameters
from services.gallery.pages import filters
from services.gallery.pages.page import begin, render
from services.gallery.web.proxies import prefix_of

TITLES = {"node": "Nodes", "trigger": "Triggers", "label": "Seen", "zone": "Zones", "tag": "Tags"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a search: how many have it, whether it is chosen, and where a click leads."""

    value: str
    count: int
    chosen: bool
    url: str


async def browse(request: web.Request) -> web.Response:
    """Open pages put it above their pictures."""
    begin(request)
    wanted = parse(ImageParameters, request.query)
    found, searches = await asyncio.gather(facets.count(request, wanted), saved.every(request))
    start = prefix_of(request) + "/"
    return render(
        request,
        "browse.html",
        groups={
            TITLES.get(name, TERMS[name].what): choices(name, values, request.query, start)
            for name, values in found.items()
            if values
        },
        searches=[{"url": start + filters.link([("q", each["q"])]), **each} for each in searches],
        line=filters.line(request.query),
    )


def choices(
    name: str, values: Mapping[str, int], given: MultiMapping[str], start: str
) -> list[Choice]:
    """A name's values; a click on one adds it to the search, or takes it away again."""
    chosen = [each for text in given.getall(name, []) for each in text.split(",") if each]
    rest = [pair for pair in given.items() if pair[0] not in {name, "cursor", "limit"}]
    found = []
    for value, count in values.items():
        others = [each for each in chosen if each.lower() != value]
        is_chosen = len(others) != len(chosen)
        pairs = [(name, each) for each in (others if is_chosen else [*chosen, value])]
        found.append(Choice(value, count, is_chosen, start + filters.link([*rest, *pairs])))
    return found
