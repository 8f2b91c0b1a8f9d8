"""Pieces of pages for those that are open: by the same macros as the pages."""

from functools import lru_cache
from typing import Any

from services.gallery.live.viewer import Form
from services.gallery.pages import cards
from services.gallery.web.templating import Templates


class Fragments:
    """One picture, one node, one event as HTML."""

    def __init__(self, templates: Templates) -> None:
        self._macros = lru_cache(16)(templates.macros)  # path prefixes are few

    def card(self, image: dict[str, Any], form: Form) -> str:
        """A picture of the grid."""
        return str(self._macros(form.prefix).card(cards.full(image)))

    def node(self, node: dict[str, Any], form: Form) -> str:
        """A node's card."""
        return str(self._macros(form.prefix).node_card(cards.of_node(node, form.prefix)))

    def event(self, event: dict[str, Any], form: Form) -> str:
        """A row of the log."""
        return str(self._macros(form.prefix).event_row(event))
