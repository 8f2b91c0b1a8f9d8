"""What there is to choose from: the values of a search with their counts, and saved searches."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from multidict import MultiDict

from lookout.store import saved
from services.gallery.api import facets
from services.gallery.pages import browse
from tests.gallery.conftest import Web

NOON = 1_700_000_000_000
Store = Callable[..., Awaitable[Any]]


async def counted(gallery: Web, query: str = "") -> dict[str, dict[str, int]]:
    answer = await (await gallery.get(f"/api/images/facets{query}")).json()
    assert answer["left_out"] == []
    return {
        name: {each["value"]: each["count"] for each in values}
        for name, values in answer["facets"].items()
    }


async def test_each_value_has_how_many_pictures_a_click_on_it_would_find(
    gallery: Web, store: Store
) -> None:
    await store("garden", NOON, trigger="motion", labels="dog,dog,person")
    await store("garden", NOON + 1, trigger="interval", labels="dog")
    await store("barn", NOON + 2, trigger="interval", context_id="01A")

    assert await counted(gallery) == {
        "node": {"garden": 2, "barn": 1},
        "trigger": {"interval": 2, "motion": 1},
        "label": {"dog": 2, "person": 1},
        "zone": {},
        "tag": {},
    }
    narrow = await counted(gallery, "?node=garden&trigger=motion")
    assert narrow["node"] == {"garden": 1}
    assert narrow["trigger"] == {"interval": 1, "motion": 1}  # could be the other one, too
    assert (await counted(gallery, "?context=01A"))["node"] == {"barn": 1}


async def test_too_many_values_are_no_part_of_them(
    gallery: Web, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "MOST_VALUES", 1)
    for name in ("a", "b"):
        await store(name, NOON, trigger="motion")

    answer = await (await gallery.get("/api/images/facets")).json()

    assert "node" in answer["left_out"]
    assert "node" not in answer["facets"]
    assert answer["facets"]["trigger"] == [{"value": "motion", "count": 2}]


async def test_a_search_is_saved_until_it_is_deleted(gallery: Web) -> None:
    kept = await gallery.put("/api/searches/Foxes%20at%20night", json={"q": "tag:fox since:2h"})
    assert kept.status == 200
    again = {"name": "Foxes at night", "q": "tag:fox lux:<1"}
    await gallery.put("/api/searches/Foxes%20at%20night", json={"q": again["q"]})

    assert (await (await gallery.get("/api/searches")).json()) == {"searches": [again]}
    assert "/?q=tag:fox+lux:%3C1" in await (await gallery.get("/browse")).text()
    assert (await gallery.delete("/api/searches/Foxes%20at%20night")).status == 204
    assert (await gallery.delete("/api/searches/Foxes%20at%20night")).status == 404


async def test_what_is_no_search_is_refused(gallery: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = await gallery.put("/api/searches/x", json={"q": "lux:dark"})
    assert (wrong.status, "lux:dark" in await wrong.text()) == (400, True)
    assert (await gallery.put(f"/api/searches/{'x' * 61}", json={"q": "lux:1"})).status == 400

    monkeypatch.setattr(saved, "MOST", 1)
    assert (await gallery.put("/api/searches/one", json={"q": "lux:1"})).status == 200
    assert (await gallery.put("/api/searches/two", json={"q": "lux:1"})).status == 409
    assert (await gallery.put("/api/searches/one", json={"q": "lux:2"})).status == 200


def test_a_click_adds_a_value_or_takes_it_away() -> None:
    given = MultiDict([("node", "a,b"), ("lux", "1.."), ("cursor", "x")])

    a, c = browse.choices("node", {"a": 3, "c": 1}, given, "/")

    assert (a.chosen, a.url) == (True, "/?lux=1..&node=b")
    assert (c.chosen, c.url) == (False, "/?lux=1..&node=a&node=b&node=c")
