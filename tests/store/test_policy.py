"""What Redis does when it is full is checked where a service begins."""

from collections.abc import Callable
from typing import Any

import pytest

from lookout.embedded.child import Child
from lookout.store.policy import advice
from tests.support.waiting import eventually


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("volatile-ttl", ""),
        ("allkeys-lru", "keeps for good"),
        ("volatile-lru", "how old"),
        ("noeviction", "waits until there is room"),
    ],
)
async def test_a_policy_that_throws_out_the_wrong_things_is_told(
    client: Any, policy: str, words: str
) -> None:
    await client.config_set("maxmemory-policy", policy)
    assert await advice(client) == "", "it does not matter where there is no limit"
    await client.config_set("maxmemory", 1 << 30)
    try:
        said = await advice(client)
    finally:
        await client.config_set("maxmemory", 0)
        await client.config_set("maxmemory-policy", "volatile-ttl")
    assert bool(said) == bool(words)
    assert words in said


@pytest.mark.own_servers
async def test_a_service_says_so_at_its_start(service: Callable[..., Child], client: Any) -> None:
    await client.config_set("maxmemory-policy", "allkeys-lru")
    await client.config_set("maxmemory", 1 << 30)
    child = service("events")
    await eventually(lambda: "maxmemory-policy to volatile-ttl" in child.last_lines(50))
