"""/api/events and /api/readings."""

import time
from typing import Any

import pytest

from lookout.store import keys
from lookout.store.events import Events, NewEvent
from lookout.store.readings import NewReading, Readings
from tests.gallery.conftest import Web

EIGHT = 1_700_000_000.0


async def told(redis: Any, number: int, event_type: str, node: str = "garden", **more: Any) -> str:
    ulid = f"01HF{number:022}"
    event = NewEvent(
        ulid=ulid,
        event_type=event_type,
        node=node,
        timestamp=EIGHT + number,
        context_id=more.get("context_id", f"context-{number}"),
        parent_id=more.get("parent_id"),
        data=more.get("data", "{}"),
        text=more.get("text", f"{node} {event_type.replace('_', ' ')}"),
    )
    await Events(redis).store(event, ttl=1000)
    return ulid


@pytest.fixture
async def three(redis: Any) -> list[str]:
    return [
        await told(redis, 1, "node_online"),
        await told(
            redis, 2, "capture_failed", data='{"reason": "no camera"}', text="front-door lens"
        ),
        await told(redis, 3, "node_offline", "barn", parent_id="context-1"),
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [2, 1, 0]),
        ("?node=garden", [1, 0]),
        ("?event_type=node_online,node_offline", [2, 0]),
        (f"?since={EIGHT + 2}", [2, 1]),
        (f"?until={EIGHT + 1}", [0]),
        ("?q=LENS", [1]),
        ("?q=front-door", [1]),
        ("?q=lens%20garden", []),
        ("?context=context-1", [2, 0]),
        ("?kind=presence", [2, 0]),
        ("?kind=problems", [2, 1]),
        ("?kind=people,presence&event_type=capture_failed&node=garden", [1, 0]),
        ("?routine=false&node=garden", [1, 0]),
        ("?routine=true", []),
    ],
)
async def test_events_are_found(
    gallery: Web, three: list[str], query: str, expected: list[int]
) -> None:
    answer = await (await gallery.get(f"/api/events{query}")).json()

    assert [event["id"] for event in answer["events"]] == [three[number] for number in expected]


async def test_an_event_says_what_happened_in_words(gallery: Web, three: list[str]) -> None:
    event = (await (await gallery.get("/api/events?event_type=capture_failed")).json())["events"][0]

    assert event["id"] == three[1]
    assert event["data"] == {"reason": "no camera"}
    assert event["words"] == "garden could not take a picture"
    assert event["timestamp"] == EIGHT + 2


async def test_events_come_in_pages(gallery: Web, three: list[str]) -> None:
    first = await (await gallery.get("/api/events?limit=2")).json()
    second = await (await gallery.get(f"/api/events?limit=2&cursor={first['next']}")).json()

    assert [each["id"] for each in first["events"] + second["events"]] == three[::-1]
    assert second["next"] is None


async def test_the_page_tells_what_happened_and_folds_the_pictures(
    gallery: Web, redis: Any, store: Any
) -> None:
    for number in range(4):
        await store("garden", int(EIGHT * 1000) + number)
        await told(redis, number, "image_captured", data=f'{{"id": "garden:{number}"}}')
    await told(redis, 60, "motion_started", context_id="motion")
    await told(redis, 61, "node_offline", "barn", parent_id="motion")

    text = await (await gallery.get("/events")).text()

    assert text.count('class="event"') == 2
    assert text.count('class="event event--fold"') == 1
    assert "<b data-number>4</b> pictures" in text
    assert text.count('class="event__strip"') == 1
    assert '<a href="/?context=motion">its pictures</a>' in text
    assert '<a href="/events?context=motion">why</a>' in text
    link = text.split('class="event__words"><a href="')[1].split('"')[0].replace("&amp;", "&")
    assert (await (await gallery.get(link)).text()).count('class="card"') == 4
    every = await (await gallery.get("/events?kind=pictures")).text()
    assert every.count("garden took a picture") == 4
    problems = await (await gallery.get("/events?kind=problems")).text()
    assert "barn went offline" in problems
    assert 'href="/events"' in problems
    assert "Something moves" not in problems


async def test_readings_come_in_buckets(gallery: Web, redis: Any) -> None:
    begin = int(time.time() / 300) * 300.0 - 3600
    for number, lux in enumerate((10.0, 20.0, 40.0)):
        at = begin + number * 200
        reading = NewReading("garden", at, at, {"lux": lux, "temperature": 3.5})
        await Readings(redis).store(reading, ttl=keys.READING_TTL)

    answer = await (
        await gallery.get("/api/readings?node=garden&metric=lux&since=2h&bucket=5m")
    ).json()

    assert answer == {
        "node": "garden",
        "metric": "lux",
        "bucket": 300.0,
        "readings": [
            {"timestamp": begin, "average": 15.0, "least": 10.0, "most": 20.0, "count": 2.0},
            {"timestamp": begin + 300, "average": 40.0, "least": 40.0, "most": 40.0, "count": 1.0},
        ],
    }


async def test_a_node_without_readings_has_none(gallery: Web) -> None:
    answer = await (await gallery.get("/api/readings?node=garden&metric=lux")).json()

    assert answer["readings"] == []


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("metric=lux", "node"),
        ("node=garden", "metric"),
        ("node=garden&metric=Lux)", "Lux)"),
        ("node=garden&metric=timestamp", "lux, temperature"),
        ("node=garden&metric=lux&bucket=5", "5m"),
        ("node=garden&metric=lux&bucket=0s", "5m"),
        ("node=garden&metric=lux&since=30d&bucket=1s", "5000 buckets"),
        ("node=garden&metric=lux&since=1h&until=2h", "before"),
    ],
)
async def test_bad_questions_for_readings_are_problems(
    gallery: Web, query: str, words: str
) -> None:
    answer = await gallery.get(f"/api/readings?{query}")
    problem = await answer.json(content_type="application/problem+json")

    assert answer.status == 400
    assert words in problem["detail"]
