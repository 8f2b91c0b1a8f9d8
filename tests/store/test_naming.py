"""Images without an id get one each: the next free millisecond of their node."""

from typing import Any

import pytest

from lookout.store import keys, naming
from lookout.store.client import Client
from lookout.store.naming import Nameless, choose_ids

AT = 1_800_000_000_000


def nameless(digest: str, at: int = AT, node: str = "esp32", **known: bool) -> Nameless:
    return Nameless(node, at, digest, **{"dup": False, "dated": False, **known})


class Counting:
    """A client that counts its round trips."""

    def __init__(self, client: Client) -> None:
        self.client, self.trips = client, 0

    async def eval(self, *arguments: Any) -> Any:
        self.trips += 1
        return await self.client.eval(*arguments)


async def test_fifteen_hundred_of_one_moment_take_one_round_trip_a_batch(client: Client) -> None:
    counting: Any = Counting(client)
    ids: list[str] = []
    for start in range(0, 1_500, 64):
        batch = [nameless(str(number)) for number in range(start, min(start + 64, 1_500))]
        ids += await choose_ids(counting, batch)
    assert ids == [f"esp32:{AT + number}" for number in range(1_500)]
    assert counting.trips == 24


async def test_what_is_there_already_is_passed_over(client: Client) -> None:
    for taken in range(3):
        await client.hset(keys.image(f"esp32:{AT + taken}"), "node", "esp32")
    assert await choose_ids(client, [nameless("a")]) == [f"esp32:{AT + 3}"]
    assert await choose_ids(client, [nameless("b", AT + 2)]) == [f"esp32:{AT + 4}"]


async def test_a_redelivery_gets_the_id_that_it_was_given_before(client: Client) -> None:
    first = await choose_ids(client, [nameless("a"), nameless("b")])
    again = [nameless("b", AT + 500, dup=True), nameless("a", AT + 501, dup=True)]
    assert await choose_ids(client, again) == first[::-1]


async def test_the_same_bytes_without_a_time_are_another_image(client: Client) -> None:
    assert await choose_ids(client, [nameless("a"), nameless("a")]) == [
        f"esp32:{AT}",
        f"esp32:{AT + 1}",
    ]


async def test_the_same_bytes_with_the_same_time_are_one_image(client: Client) -> None:
    dated = nameless("a", dated=True)
    assert await choose_ids(client, [dated, dated]) == [f"esp32:{AT}"] * 2
    assert await choose_ids(client, [nameless("b", dated=True)]) == [f"esp32:{AT + 1}"]
    assert await choose_ids(client, [nameless("a", AT + 9, dated=True), dated]) == [
        f"esp32:{AT + 9}",
        f"esp32:{AT}",
    ]


async def test_nodes_do_not_get_in_each_others_way(client: Client) -> None:
    both = [nameless("a"), nameless("a", node="barn")]
    assert await choose_ids(client, both) == [f"esp32:{AT}", f"barn:{AT}"]


async def test_a_long_search_goes_on_where_it_stopped(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "MOST_TRIED", 10)
    for taken in range(25):
        await client.hset(keys.image(f"esp32:{AT + taken}"), "node", "esp32")
    counting: Any = Counting(client)
    assert await choose_ids(counting, [nameless("a"), nameless("b")]) == [
        f"esp32:{AT + 25}",
        f"esp32:{AT + 26}",
    ]
    assert counting.trips == 3
