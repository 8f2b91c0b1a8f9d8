"""The gallery as a process: settings it refuses, and Redis or the broker being away."""

import asyncio
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest

from lookout.embedded.child import Child
from tests.gallery.process import ANY_PORT, address, is_well
from tests.support.servers import BrokerServer, StoreServer
from tests.support.waiting import eventually


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def ended(child: Child) -> str:
    await child.ended(15)
    assert child.exit_code
    return child.last_lines(20)


async def answers(http: aiohttp.ClientSession, url: str) -> tuple[int, str]:
    async with http.get(url) as response:
        return response.status, await response.text()


async def test_a_gallery_for_everybody_without_a_password_does_not_start(
    service: Callable[..., Child],
) -> None:
    child = service("gallery", LOOKOUT_GALLERY__HOST="0.0.0.0")  # noqa: S104

    words = await ended(child)

    assert "there is no password" in words
    assert "Traceback" not in words


async def test_a_port_that_is_taken_is_said_plainly(
    service: Callable[..., Child], broker: BrokerServer
) -> None:
    words = await ended(service("gallery", LOOKOUT_GALLERY__PORT=str(broker.port)))

    assert "cannot listen" in words
    assert "Traceback" not in words


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("PORT", "http", "gallery.port"), ("PASSWORD", "short", "gallery.password"),
     ("COLOUR", "red", "gallery.colour")],
)  # fmt: skip
async def test_wrong_settings_are_named_and_secrets_are_not(
    service: Callable[..., Child], name: str, value: str, words: str
) -> None:
    said = await ended(service("gallery", **{f"LOOKOUT_GALLERY__{name}": value}))

    assert words in said
    assert "Traceback" not in said
    assert name != "PASSWORD" or value not in said


@pytest.mark.own_servers
async def test_it_starts_while_everything_is_away_and_recovers_by_itself(
    service: Callable[..., Child],
    broker: BrokerServer,
    redis_server: StoreServer,
    http: aiohttp.ClientSession,
) -> None:
    await broker.stop()
    await redis_server.stop()
    child = service("gallery", **ANY_PORT)
    url = await address(child)

    status, text = await answers(http, f"{url}/healthz")
    assert status == 503
    assert '"redis": "away", "broker": "away"' in text
    for path, words in (("/api/images", "problem"), ("/", "Redis is away"), ("/nodes", "again")):
        status, text = await answers(http, url + path)
        assert status == 503, path
        assert words in text or "Redis is away" in text

    await redis_server.start()
    await broker.start()

    await eventually(lambda: is_well(url), 30)

    async def shows_pictures() -> bool:
        return (await answers(http, f"{url}/api/images"))[0] == 200

    await eventually(shows_pictures, 30)
    assert (await answers(http, url))[0] == 200
    assert child.running


@pytest.mark.own_servers
async def test_while_redis_hangs_everybody_is_told_soon_and_it_mends_itself(
    service: Callable[..., Child], redis_server: StoreServer, http: aiohttp.ClientSession
) -> None:
    url = await address(service("gallery", **ANY_PORT))
    await eventually(lambda: is_well(url))
    redis_server.freeze()
    try:
        async with asyncio.timeout(8):
            paths = ("/api/images", "/", "/nodes", "/live", "/api/nodes")
            found = await asyncio.gather(*(answers(http, url + path) for path in paths))
        assert {status for status, _ in found} == {503}
        assert all("Redis is away" in text for _, text in found)
        async with asyncio.timeout(4):  # it is known now
            assert (await answers(http, f"{url}/api/images"))[0] == 503
    finally:
        redis_server.thaw()

    async def shows_pictures() -> bool:
        return (await answers(http, f"{url}/api/images"))[0] == 200

    await eventually(shows_pictures)


@pytest.mark.own_servers
async def test_a_command_while_the_broker_is_away_is_a_503(
    service: Callable[..., Child],
    broker: BrokerServer,
    redis_server: StoreServer,
    http: aiohttp.ClientSession,
) -> None:
    url = await address(service("gallery", **ANY_PORT))
    await eventually(lambda: is_well(url))
    await redis_server.stop()
    await broker.stop()

    async def notices() -> bool:
        return '"broker": "away"' in (await answers(http, f"{url}/healthz"))[1]

    await eventually(notices)
    async with http.post(f"{url}/api/nodes/garden/commands/capture") as response:
        problem = await response.json(content_type="application/problem+json")
    assert response.status == 503
    assert "broker is away" in problem["detail"]


async def test_it_ends_in_time_although_pages_are_open(
    service: Callable[..., Child], http: aiohttp.ClientSession
) -> None:
    child = service("gallery", **ANY_PORT)
    url = await address(child)
    async with http.get(f"{url}/api/stream") as stream, asyncio.timeout(30):
        child.terminate()
        await child.ended(5)
        await stream.content.read()

    assert child.exit_code == 0
