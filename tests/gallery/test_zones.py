"""Zones as people draw them, and where things were seen."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from lookout.contract.watched import Watched
from lookout.store import films, keys, watching
from tests.gallery.conftest import Web

NOON = 1_700_000_000_000
Store = Callable[..., Awaitable[Any]]
GATE = {"points": [[0, 60], [40, 60], [40, 100], [0, 100]], "labels": ["person", "dog"]}


async def test_zones_are_drawn_kept_and_forgotten(gallery: Web, store: Store, redis: Any) -> None:
    await store("garden", NOON)
    await watching.note_settings(
        redis, {"garden": Watched.model_validate({"zones": {"gate": GATE}})}
    )
    before = await (await gallery.get("/api/nodes/garden/zones")).json()
    assert (before["drawn"], list(before["rules"]["zones"])) == (False, ["gate"])

    drawn = {"zones": {"lawn": GATE}, "steady": {"seen": 2, "of": 3}}
    answer = await gallery.put("/api/nodes/garden/zones", json=drawn)
    assert answer.status == 200, await answer.text()

    after = await (await gallery.get("/api/nodes/garden/zones")).json()
    assert after == await answer.json()
    assert after["drawn"]
    assert after["rules"]["zones"] == {"lawn": GATE}
    assert await watching.drawn(redis) == {"garden": Watched.model_validate(drawn)}

    assert (await gallery.delete("/api/nodes/garden/zones")).status == 204
    assert (await gallery.delete("/api/nodes/garden/zones")).status == 404
    assert (await (await gallery.get("/api/nodes/garden/zones")).json()) == before


@pytest.mark.parametrize(
    ("drawn", "said"),
    [
        ({"zones": {"gate": {"points": [[0, 0], [10, 10], [20, 20]]}}}, "on one line"),
        ({"zones": {"The gate": GATE}}, "starting with a letter"),
        ({"steady": {"seen": 3, "of": 2}}, "at most `of`"),
        ({"least": {"person": {"score": 2}}}, "score"),
        ({"zone": {}}, "zone"),
    ],
)
async def test_zones_that_cannot_be_are_refused_in_plain_words(
    drawn: dict[str, Any], said: str, gallery: Web, store: Store, redis: Any
) -> None:
    await store("garden", NOON)
    answer = await gallery.put("/api/nodes/garden/zones", json=drawn)
    assert answer.status == 400
    assert said in (await answer.json())["detail"]
    assert not await redis.exists(keys.WATCHED)
    assert (await gallery.put("/api/nodes/nowhere/zones", json={})).status == 404


async def test_what_others_wrote_there_is_no_rule_and_stops_nothing(
    gallery: Web, store: Store, redis: Any
) -> None:
    await store("garden", NOON)
    await redis.hset(keys.WATCHED, mapping={"garden": b"\xff{", "barn": '{"zones": 3}'})
    assert await watching.drawn(redis) == {}
    answer = await gallery.get("/nodes/garden/zones")
    assert answer.status == 200


async def test_where_things_stood_and_at_which_hours(gallery: Web, store: Store) -> None:
    hour = 3_600_000
    await store("garden", NOON, labels="person,dog", people=1, boxes="[[40,10,20,80],[0,0,10,10]]")
    await store("garden", NOON + hour, labels="person", people=1, boxes="[[40,10,20,80]]")
    await store("garden", NOON + 2 * hour, people=1, boxes="[[90,90,10,10]]")  # a camera's own
    await store("garden", NOON + 3 * hour, people=0, boxes="[]", labels="")
    await store("barn", NOON, labels="person", people=1, boxes="[[40,10,20,80]]")

    found = await (await gallery.get("/api/images/where?node=garden&tz=UTC")).json()
    assert found["cells"] == [[16, 16, 2], [30, 17, 1]]
    assert (found["pictures"], found["things"], found["whole"]) == (3, 3, True)
    assert [hour for hour, count in enumerate(found["hours"]) if count] == [22, 23, 0] or found[
        "hours"
    ] == [1] + [0] * 21 + [1, 1]

    dogs = await (await gallery.get("/api/images/where?q=node:garden&what=dog")).json()
    assert dogs["cells"] == [[1, 1, 1]]
    none = await (await gallery.get("/api/images/where?node=garden&what=cat")).json()
    assert (none["cells"], none["things"]) == ([], 0)
    assert (await gallery.get("/api/images/where?node=Garden")).status == 400


async def test_what_is_seen_in_a_film_is_told_whatever_others_wrote(
    gallery: Web, redis: Any
) -> None:
    nothing = await (await gallery.get("/api/nodes/garden/film")).json()
    assert nothing == {"node": "garden", "frame": None, "things": []}
    await films.tell(redis, "garden", {"frame": "1-0", "labels": "dog", "boxes": "[[1,2,3,4],7]"})
    found = await (await gallery.get("/api/nodes/garden/film")).json()
    assert found["things"] == [{"label": "dog", "kind": "thing", "box": [1, 2, 3, 4]}]
    await redis.xadd(keys.film_seen("garden"), {"frame": "2-0", "boxes": "[" * 100_000})
    found = await (await gallery.get("/api/nodes/garden/film")).json()
    assert (found["frame"], found["things"]) == ("2-0", [])
    assert (await gallery.get("/api/nodes/Garden/film")).status == 400
