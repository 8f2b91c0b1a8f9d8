"""A search gives all that it should, in order, or an error: never a part."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from lookout.amounts.ranges import Range
from lookout.host.settings import Redis as RedisSettings
from lookout.store import keys
from lookout.store.client import Client, opened
from lookout.store.images import FIELDS
from lookout.store.index import ensure_indexes
from lookout.store.retention.plans import besides_pictures, over_cap, to_free
from lookout.store.retention.removal import Plan
from lookout.store.retention.rules import Retention
from lookout.store.retention.thinning import to_thin
from lookout.store.retention.usage import NOT_KEPT, usage
from lookout.store.search import Cursor, Index, Indexing, Query, SearchCut, asking, sampling
from lookout.store.search.asking import Asker, be_strict
from tests.support import truth
from tests.support.waiting import eventually

SORTS = ("timestamp", "lux", "temperature", "people", "size")
FEW, MANY = 15_000, 60_000  # images
QUERIES = 15  # of each kind of client
EVERYTHING = ("FT.SEARCH", keys.IMAGES_INDEX, "@lux:[-inf +inf]", "SORTBY", "lux", "LIMIT", 0, 1)


@pytest.fixture
async def restrained(client: Client, redis_url: str) -> AsyncIterator[Client]:
    """A client that may not see or change how the server is set up, as some hosted ones are."""
    refused = ("-ft.config", "-config", "-randomkey")
    await client.execute_command(
        *("ACL", "SETUSER", "guest", "on", ">guest", "~*", "&*", "+@all"), *refused
    )
    address = redis_url.rpartition("@")[2]
    async with opened(RedisSettings(url=f"redis://guest:guest@{address}")) as redis:
        yield redis


def images(client: Client) -> Index:
    return Index(client, keys.IMAGES_INDEX, keys.IMAGE_PREFIX, FIELDS)


def random_query(source: random.Random, rows: list[truth.Row]) -> Query:
    """Some filters, an order, and often a place within it."""
    query = Query(
        sort=source.choice(SORTS),
        descending=source.random() < 0.5,
        limit=source.choice((1, 7, 60, 200)),
    )
    if source.random() < 0.5:
        query = replace(query, tags={"node": source.sample(truth.NODES, source.randint(1, 3))})
    if source.random() < 0.3:
        triggers = [source.choice(("interval", "motion", "gpio", "nothing"))]
        query = replace(query, tags={**query.tags, "trigger": triggers})
    if source.random() < 0.5:
        query = replace(query, without={"kept": ["1"]})
    if source.random() < 0.5:
        span = _span(source, source.choice((1.0, 10.0, 300.0, 1_500.0)))
        query = replace(query, ranges={source.choice(SORTS[1:]): span})
    if source.random() < 0.5:
        some = float(source.choice(rows)["timestamp"])
        span = Range(some, some + 10 ** source.uniform(0, 6))
        query = replace(query, ranges={**query.ranges, "timestamp": span})
    if source.random() < 0.5:
        query = replace(query, cursor=_cursor(source.choice(rows), query.sort))
    return query


def _span(source: random.Random, about: float) -> Range:
    width = about * source.uniform(0, 2)
    return Range(about - width, about + width, source.random() < 0.3, source.random() < 0.3)


def _cursor(row: truth.Row, sort: str) -> Cursor | None:
    if sort not in row:
        return None
    return Cursor(float(row[sort]), float(row["timestamp"]), row["id"])


async def check(index: Index, rows: list[truth.Row], query: Query) -> None:
    """Two pages of a query, and how many it finds, against the truth."""
    page = await index.page(query)
    expected = truth.matching(rows, query)
    assert [row["id"] for row in page.rows] == expected[: query.limit], query
    assert (page.next is not None) == (len(expected) > query.limit), query
    if page.next is not None:
        second = await index.page(replace(query, cursor=Cursor.decode(page.next)))
        found = [row["id"] for row in second.rows]
        assert found == expected[query.limit : 2 * query.limit], query
    if query.cursor is None:
        having = {query.sort: Range(), **query.ranges}
        assert await index.count(replace(query, ranges=having)) == len(expected), query


async def check_neighbours(index: Index, rows: list[truth.Row], here: truth.Row) -> None:
    """The next of the same node, in both directions, as a picture's page asks for them."""
    at = float(here["timestamp"])
    for descending in (True, False):
        query = Query(
            tags={"node": [here["node"]]},
            descending=descending,
            limit=1,
            cursor=Cursor(at, at, here["id"]),
        )
        found = [row["id"] for row in (await index.page(query)).rows]
        assert found == truth.matching(rows, query)[:1], query


async def check_plans(client: Client, rows: list[truth.Row], node: str, now: float) -> None:
    """Whom caps, thinning and room would take, against the truth."""
    own = [row for row in truth.mortal(rows) if row["node"] == node]
    rules = Retention(cap_images=len(own) - 700, thin="1d:10m,3d:1h")
    assert await victims(over_cap(client, rules, node)) == [row["id"] for row in own[:700]]
    assert await victims(to_thin(client, node, rules.thin, now)) == truth.thinned(own, rules, now)
    need = 5_000_000
    besides = await besides_pictures(client, await usage(client, NOT_KEPT))
    expected = truth.freed(rows, need, besides)
    assert sorted(await victims(to_free(client, need))) == sorted(expected)


async def victims(plan: Plan) -> list[str]:
    return [victim.id async for group in plan for victim in group]


@pytest.mark.timeout(400)  # 60,000 images take a while on a busy machine
@pytest.mark.parametrize("number", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
async def test_pages_neighbours_and_removals_are_the_truth_whatever_the_servers_limit(
    client: Client, restrained: Client, number: int
) -> None:
    source, now = random.Random(11), time.time()
    await truth.scatter(client, number, source)
    await client.execute_command("FT.CONFIG", "SET", "TIMEOUT", 1)
    rows = await truth.every(client)
    answered = 0
    for each in (client, restrained):
        for _ in range(QUERIES):
            with suppress(SearchCut):  # a plain error, on a machine that is very busy
                await check(images(each), rows, random_query(source, rows))
                await check_neighbours(images(each), rows, source.choice(rows))
                answered += 1
        with suppress(SearchCut):
            await check_plans(each, rows, source.choice(truth.NODES), now)
            answered += QUERIES
        await client.execute_command("FT.CONFIG", "SET", "ON_TIMEOUT", "return")
    assert answered > QUERIES, "of 4"


@pytest.mark.parametrize("policy", ["return", "fail"])
async def test_what_the_server_cuts_short_is_an_error_whatever_its_policy(
    client: Client, restrained: Client, policy: str
) -> None:
    await truth.scatter(client, 20_000, random.Random(1))
    there = len(await truth.every(client))
    await client.execute_command("FT.CONFIG", "SET", "ON_TIMEOUT", policy)
    if policy == "return":
        told, _ = await client.execute_command(*EVERYTHING, "NOCONTENT", "TIMEOUT", 1)
        assert told < there, "here the server answers with a part"
    with pytest.raises(SearchCut):
        await Asker(client).ask(*EVERYTHING, limit=0.001)
    total, *_ = await Asker(restrained).ask(*EVERYTHING, limit=2.0)
    assert total == there


async def test_what_leaves_all_of_them_out_is_asked_in_pieces(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server does not look at its clock while it finds nothing: 125 ms for a million."""
    asked: list[str] = []
    ask = Asker.each

    async def noted(self: Asker, commands: Any, **options: Any) -> Any:
        asked.extend(str(command[2]) for command in commands)
        return await ask(self, commands, **options)

    await truth.scatter(client, 20_000, random.Random(1))
    monkeypatch.setattr(Asker, "each", noted)
    monkeypatch.setattr(sampling, "MUCH", 5_000)
    nothing = Query(without={"node": truth.NODES}, ranges={"size": Range(0)})
    for sort in ("timestamp", "lux"):
        asked.clear()
        assert (await images(client).page(replace(nothing, sort=sort))).rows == []
        assert len(asked) > 1
    asked.clear()
    assert await images(client).count(nothing) == 0
    assert len(asked) > 1
    assert all("@timestamp" in each for each in asked)


async def test_the_server_is_told_to_fail_where_it_lets_us(
    client: Client, restrained: Client
) -> None:
    assert await client.execute_command("FT.CONFIG", "GET", "ON_TIMEOUT") == [
        [b"ON_TIMEOUT", b"fail"]
    ]
    assert not await be_strict(restrained)


async def test_while_an_index_is_filled_there_is_an_error_not_a_part(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PATIENCE", ())
    await truth.scatter(client, 20_000, random.Random(1))
    await client.execute_command("FT.DROPINDEX", keys.IMAGES_INDEX)
    await ensure_indexes(client)
    rules = Retention(cap_images=1)
    for answer in (images(client).page(Query()), victims(over_cap(client, rules, "cam1"))):
        with pytest.raises(Indexing, match="% is done: until then a search would find only a part"):
            await answer

    async def filled() -> bool:
        with suppress(Indexing):
            return len((await images(client).page(Query())).rows) == Query().limit
        return False

    await eventually(filled, 60.0)


async def test_equal_values_stand_in_the_order_of_time_and_those_without_have_no_place(
    client: Client,
) -> None:
    for number, people in enumerate([1, 0, None, 1, 0]):
        fields = {"node": "garden", "timestamp": f"{1_795_000_000 + number}.000"}
        fields |= {} if people is None else {"people": str(people)}
        await client.hset(f"image:garden:{number}", mapping=fields)
    found = await images(client).page(Query(sort="people"))
    assert [row["id"][-1] for row in found.rows] == ["3", "0", "4", "1"]
    found = await images(client).page(Query(sort="people", descending=False))
    assert [row["id"][-1] for row in found.rows] == ["1", "4", "0", "3"]


async def test_two_who_ask_at_once_about_different_fields_each_get_their_answer(
    client: Client,
) -> None:
    await truth.scatter(client, 50, random.Random(1))
    index = images(client)
    queries = [Query(tags={name: ["cam1"]}) for name in ("node", "context_id", "parent_id")]
    pages = await asyncio.gather(*(index.page(query) for query in queries))
    assert [bool(page.rows) for page in pages] == [True, False, False]
