"""The cards of the grid as HTML, each drawn once for all who look at it.

Drawing sixty of them was half of what the first page costs. A card is known by all that it shows,
so that one which has changed is drawn anew; how long ago its picture was is put in each time.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from markupsafe import Markup

from lookout.store.search import Row
from services.gallery.api import serialize
from services.gallery.pages import cards, wording
from services.gallery.web.templating import Templates

MOST: Final = 3_000  # cards, of about 2 kB
_WHEN: Final = re.compile(r'(<time [^>]*data-ago="[^"]*">)[^<]*')


@dataclass(frozen=True, slots=True)
class Drawn:
    """A card, when its picture was taken (Unix seconds), and on which day of the hub's zone."""

    timestamp: float
    day: str
    html: Markup


class Cards:
    """Draws the cards of rows as they come from the store."""

    def __init__(self, templates: Templates) -> None:
        self._macros = lru_cache(16)(templates.macros)  # path prefixes are few
        self._drawn = lru_cache(MOST)(self._draw)

    def of(self, rows: Iterable[Row], base: str, search: str) -> list[Drawn]:
        """Cards whose links begin with `base` and lead to the neighbours of a search."""
        found = []
        for row in rows:
            timestamp, day, head, tail = self._drawn(base, search, tuple(row.items()))
            ago = wording.ago(timestamp)
            found.append(Drawn(timestamp, day, Markup(f"{head}{ago}{tail}")))  # noqa: S704
        return found

    def _draw(
        self, base: str, search: str, items: tuple[tuple[str, str], ...]
    ) -> tuple[float, str, str, str]:
        image = cards.full(serialize.image(dict(items), base))
        html = str(self._macros(base).card(image, search))
        head, tail = _around(html)
        return image["timestamp"], wording.day(image["timestamp"]), head, tail


def _around(html: str) -> tuple[str, str]:
    """What comes before and after the words that tell how long ago it was."""
    found = _WHEN.search(html)
    return (html[: found.end(1)], html[found.end() :]) if found else (html, "")
