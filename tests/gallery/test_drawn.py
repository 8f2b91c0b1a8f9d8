"""The cards of the grid are drawn once for all, and never show what is not so any more."""

import time
from typing import Any

import pytest

from services.gallery.pages import cards as shown
from services.gallery.pages.drawn import Cards
from services.gallery.web.templating import Templates


def row(**more: str) -> dict[str, str]:
    return {"id": "barn:1", "node": "barn", "timestamp": f"{time.time() - 90:.3f}"} | more


def test_a_card_is_drawn_once_and_anew_when_something_of_it_has_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[Any] = []

    def note(image: Any) -> Any:
        drawn.append(image)
        return full(image)

    full = shown.full
    monkeypatch.setattr(shown, "full", note)
    cards, picture = Cards(Templates()), row()

    first, again = (cards.of([dict(picture)], "/lookout", "?node=barn")[0] for _ in range(2))
    tagged = cards.of([picture | {"tags": "fox"}], "/lookout", "?node=barn")[0]
    elsewhere = cards.of([picture], "", "")[0]

    assert first == again
    assert '<span class="tag">fox</span>' in tagged.html
    assert "fox" not in first.html
    assert 'href="/lookout/images/barn:1?node=barn"' in first.html
    assert 'href="/images/barn:1"' in elsewhere.html
    assert len(drawn) == 3


def test_how_long_ago_it_was_is_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    cards, picture = Cards(Templates()), row()

    assert ">1 min ago</time>" in cards.of([picture], "", "")[0].html
    later = time.time() + 7200
    monkeypatch.setattr(time, "time", lambda: later)
    assert ">2 h ago</time>" in cards.of([picture], "", "")[0].html
