"""GET /api/images and what can be done with one image."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from lookout.store import keys
from lookout.store.retention import rules as retention
from lookout.store.retention.rules import Retention
from tests.gallery.conftest import Web

NOON = 1_700_000_000_000  # Unix milliseconds
Store = Callable[..., Awaitable[Any]]


async def listed(gallery: Web, query: str = "") -> list[str]:
    answer = await gallery.get(f"/api/images{query}")
    assert answer.status == 200, await answer.text()
    return [image["id"] for image in (await answer.json())["images"]]


async def test_an_image_is_its_hash_without_the_bytes_and_with_numbers_as_numbers(
    gallery: Web, store: Store
) -> None:
    image = await store(
        "garden", NOON + 123, lux=110.5, temperature=-3.0, trigger="motion", meta='{"gain": 2.0}'
    )

    answer = await (await gallery.get("/api/images")).json()

    assert answer == {
        "images": [
            {
                "id": "garden:1700000000123",
                "node": "garden",
                "timestamp": 1_700_000_000.123,
                "received_at": 1_700_000_000.373,
                "mime_type": "image/jpeg",
                "lux": 110.5,
                "temperature": -3.0,
                "width": 64,
                "height": 48,
                "size": len(image.data),
                "trigger": "motion",
                "meta": {"gain": 2.0},
                "url": "/api/images/garden:1700000000123/data",
                "thumb_url": "/api/images/garden:1700000000123/data?width=320",
            }
        ],
        "next": None,
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["barn:3", "garden:2", "garden:1"]),
        ("?node=garden", ["garden:2", "garden:1"]),
        ("?node=garden&node=barn", ["barn:3", "garden:2", "garden:1"]),
        ("?node=barn,gate", ["barn:3"]),
        ("?lux=100..120", ["garden:2"]),
        ("?lux=..100", ["garden:2", "garden:1"]),
        ("?lux=7", ["garden:1"]),
        ("?temperature=..5", ["garden:1"]),
        ("?people=1..", ["barn:3"]),
        ("?trigger=motion", ["garden:2"]),
        ("?label=cat,Dining%20table", ["barn:3"]),
        ("?label=do", []),
        ("?since=1700000002", ["barn:3", "garden:2"]),
        ("?until=1700000001", ["garden:1"]),
        ("?since=2023-11-14T22:13:22Z&until=2023-11-14T22:13:22%2B00:00", ["garden:2"]),
        ("?since=1h", []),
        ("?context=the-command", ["barn:3", "garden:2"]),
        ("?sort=timestamp", ["garden:1", "garden:2", "barn:3"]),
        ("?sort=lux", ["garden:1", "garden:2", "barn:3"]),
        ("?sort=-temperature", ["barn:3", "garden:2", "garden:1"]),
        ("?sort=people", ["barn:3"]),
        ("?lux=&node=", ["barn:3", "garden:2", "garden:1"]),
        ("?q=lux:%3E7+node:garden,gate", ["garden:2"]),
        ("?q=lux:%3C100&node=garden&sort=timestamp", ["garden:1"]),
        ("?q=kept:no+since:1700000002", ["barn:3", "garden:2"]),
        ("?label=dog", ["barn:3"]),
    ],
)
async def test_filters_and_orders(
    gallery: Web, store: Store, redis: Any, query: str, expected: list[str]
) -> None:
    await store("garden", NOON + 1000, lux=7, temperature=-1.5, trigger="interval")
    await store(
        "garden", NOON + 2000, lux=100, temperature=8, trigger="motion", parent_id="the-command"
    )
    await store("barn", NOON + 3000, lux=121, temperature=20, context_id="the-command")
    seen = {"people": 2, "labels": "person,person,dog,dining table"}
    await redis.hset(keys.image(f"barn:{NOON + 3000}"), mapping=seen)

    found = await listed(gallery, query)

    names = {f"garden:{NOON + 1000}": "garden:1", f"garden:{NOON + 2000}": "garden:2"}
    assert [names.get(each, "barn:3") for each in found] == expected


async def test_pages_follow_each_other_although_new_images_come_in(
    gallery: Web, store: Store
) -> None:
    for number in range(7):
        await store("garden", NOON + number)
    seen: list[str] = []
    cursor = ""

    while cursor is not None:
        answer = await (await gallery.get(f"/api/images?limit=3&cursor={cursor}")).json()
        seen += [image["id"] for image in answer["images"]]
        cursor = answer["next"]
        await store("garden", NOON + 1000 + len(seen))

    assert seen == [f"garden:{NOON + number}" for number in reversed(range(7))]


async def test_pages_of_a_context_miss_and_repeat_nothing(gallery: Web, store: Store) -> None:
    for number in range(5):
        name = "parent_id" if number % 2 else "context_id"
        await store("garden", NOON + number, **{name: "asked"})
    seen: list[str] = []
    cursor = ""

    while cursor is not None:
        answer = await (
            await gallery.get(f"/api/images?context=asked&limit=2&cursor={cursor}")
        ).json()
        seen += [image["id"] for image in answer["images"]]
        cursor = answer["next"]

    assert seen == [f"garden:{NOON + number}" for number in reversed(range(5))]


@pytest.mark.parametrize(
    ("query", "field", "value", "allowed"),
    [
        ("lux=a..b", "lux", "a..b", "100..120"),
        ("lux=120..100", "lux", "120..100", "larger"),
        ("lux=nan..5", "lux", "nan..5", "100..120"),
        ("lux=..", "lux", "..", "100..120"),
        ("lux=1..2&lux=3", "lux", "['1..2', '3']", "once"),
        ("since=teatime", "since", "teatime", "2h"),
        ("since=1700000000123", "since", "1700000000123", "Unix seconds"),
        ("until=2025-13-01", "until", "2025-13-01", "2026-06-01"),
        ("node=../etc", "node", "../etc", "a-z"),
        ("node=" + "x" * 300, "node", "x" * 200, "1 to 32"),
        ("node=all", "node", "all", "reserved"),
        ("trigger=a%20b", "trigger", "a b", "a-z"),
        ("label=%07", "label", "\x07", "person or dog"),
        ("sort=name", "sort", "name", "-timestamp"),
        ("limit=0", "limit", "0", "greater than or equal to 1"),
        ("limit=201", "limit", "201", "less than or equal to 200"),
        ("cursor=!!", "cursor", "!!", "next"),
        ("context=a%7Db", "context", "a}b", "match"),
        ("colour=red", "colour", "red", "lux, temperature, people, q, tz, node, since"),
    ],
)
async def test_a_bad_query_is_a_problem_that_names_field_value_and_what_is_allowed(
    gallery: Web, query: str, field: str, value: str, allowed: str
) -> None:
    answer = await gallery.get(f"/api/images?{query}")
    problem = await answer.json(content_type="application/problem+json")

    assert answer.status == problem["status"] == 400
    assert problem["title"] == "Bad Request"
    assert problem["instance"] == "/api/images"
    [error] = problem["errors"]
    assert (error["field"], error["value"]) == (field, value)
    assert allowed in error["allowed"]
    assert field in problem["detail"]


async def test_two_bad_fields_are_both_named(gallery: Web) -> None:
    answer = await gallery.get("/api/images?lux=a&limit=b")
    problem = await answer.json(content_type="application/problem+json")

    assert {error["field"] for error in problem["errors"]} == {"lux", "limit"}


async def test_one_image_says_when_it_goes(gallery: Web, store: Store) -> None:
    image = await store("garden", NOON, ttl=1000)

    answer = await (await gallery.get(f"/api/images/{image.id}")).json()

    assert answer["id"] == image.id
    assert 990 < answer["expires_in"] <= 1000


async def test_a_kept_image_stays(gallery: Web, store: Store, redis: Any) -> None:
    image = await store("garden", NOON, ttl=1000)

    answer = await gallery.post(f"/api/images/{image.id}/keep")

    assert answer.status == 200
    assert (await answer.json())["expires_in"] is None
    assert await redis.ttl(keys.image(image.id)) == -1


async def test_what_is_kept_can_be_listed_and_let_go(gallery: Web, store: Store) -> None:
    kept, other = await store("garden", NOON), await store("garden", NOON + 1)
    await gallery.post(f"/api/images/{kept.id}/keep")

    assert await listed(gallery, "?kept=true") == [kept.id]
    assert await listed(gallery, "?kept=false") == [other.id]

    answer = await gallery.delete(f"/api/images/{kept.id}/keep")

    assert (await answer.json())["expires_in"] > 0
    assert await listed(gallery, "?kept=true") == []
    assert (await gallery.delete("/api/images/garden:1/keep")).status == 404


async def test_at_the_quota_of_kept_images_a_409_problem_says_how_much_is_used(
    gallery: Web, store: Store, redis: Any
) -> None:
    await retention.save(redis, Retention(keep_images=1))
    kept, other = await store("garden", NOON), await store("garden", NOON + 1)
    await gallery.post(f"/api/images/{kept.id}/keep")

    answer = await gallery.post(f"/api/images/{other.id}/keep")
    problem = await answer.json(content_type="application/problem+json")

    assert answer.status == 409
    assert problem["used"] == {"images": 1, "bytes": len(kept.data)}
    assert problem["allowed"] == {"images": 1, "bytes": None}
    assert "LOOKOUT_RETENTION__KEEP_IMAGES" in problem["detail"]


async def test_a_deleted_image_is_gone_with_its_thumbnails(
    gallery: Web, store: Store, redis: Any
) -> None:
    image = await store("garden", NOON)
    await gallery.get(f"/api/images/{image.id}/data?width=1")

    answer = await gallery.delete(f"/api/images/{image.id}")

    assert answer.status == 204
    assert await listed(gallery) == []
    assert [key async for key in redis.scan_iter("*garden:*")] == []
    assert (await gallery.delete(f"/api/images/{image.id}")).status == 404


@pytest.mark.parametrize("path", ["", "/data", "/data?width=100"])
async def test_an_image_that_is_not_there_is_a_404_problem(gallery: Web, path: str) -> None:
    answer = await gallery.get(f"/api/images/garden:1{path}")
    problem = await answer.json(content_type="application/problem+json")

    assert answer.status == 404
    assert "garden:1" in problem["detail"]


@pytest.mark.parametrize(
    "identifier",
    ["garden", "garden:x", "Garden:1", "..:1", "a%2Fb:1", "hub:1", "garden:" + "1" * 99],
)
async def test_what_is_no_image_id_never_becomes_a_key(gallery: Web, identifier: str) -> None:
    answer = await gallery.get(f"/api/images/{identifier}/data")

    assert answer.status == 400
    assert answer.content_type == "application/problem+json"
