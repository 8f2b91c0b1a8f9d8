"""The private Redis with search."""

import pytest

from lookout.embedded.programs import quoted
from lookout.embedded.redis_server import answers
from lookout.host.settings import Redis
from lookout.store.client import opened
from tests.support.servers import PASSWORD, StoreServer


async def test_has_search(redis_server: StoreServer) -> None:
    assert await answers(redis_server.port, PASSWORD)


async def test_refuses_a_wrong_password(redis_server: StoreServer) -> None:
    assert not await answers(redis_server.port, "guess")


async def test_evicts_what_would_expire_soonest_when_memory_is_full(redis_url: str) -> None:
    async with opened(Redis(url=redis_url)) as redis:
        policy = await redis.config_get("maxmemory-policy")

    assert policy == {"maxmemory-policy": "volatile-ttl"}


@pytest.mark.own_servers
async def test_has_its_data_again_after_being_killed(redis_server: StoreServer) -> None:
    async with opened(Redis(url=redis_server.url)) as redis:
        await redis.set("kept", "yes")
        await redis.execute_command("WAITAOF", 1, 0, 2000)

    await redis_server.kill()
    await redis_server.start()

    async with opened(Redis(url=redis_server.url)) as redis:
        assert await redis.get("kept") in {"yes", b"yes"}


@pytest.mark.parametrize(
    ("value", "written"), [("plain", '"plain"'), ('a "b" \\c', '"a \\"b\\" \\\\c"')]
)
def test_quotes_values_for_its_configuration(value: str, written: str) -> None:
    assert quoted(value) == written
