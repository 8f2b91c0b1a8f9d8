"""The gallery in this process, on a real Redis and a real broker, and a client to ask it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from lookout.bus.caller import Caller
from lookout.bus.session import Session
from lookout.contract.commands import Command, Result, parse_command
from lookout.contract.images import IMAGE_FIELDS
from lookout.contract.topics import Topics
from lookout.host.settings import Broker
from lookout.host.settings import Redis as RedisSettings
from lookout.host.tasks import Crew, cancel
from lookout.store.client import opened
from lookout.store.images import Images, NewImage
from lookout.store.index import ensure_indexes
from services.gallery import service as gallery_service
from services.gallery.app import make_app
from services.gallery.settings import Gallery, GallerySettings
from tests.support.pictures import plain_jpeg

Web = TestClient[web.Request, web.Application]
StartGallery = Callable[..., Awaitable[Web]]
WEEK = 7 * 86_400


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Any]:
    """The test's Redis, its indexes made."""
    async with opened(RedisSettings(url=redis_url)) as client:
        await ensure_indexes(client)
        yield client


@pytest.fixture
async def start_gallery(
    redis: Any, redis_url: str, mqtt_settings: Callable[[str], Broker], tmp_path: Path
) -> AsyncIterator[StartGallery]:
    """Starts a gallery with settings of the section `gallery`, and gives a client for it."""
    open_ones: list[tuple[Web, Session, asyncio.Task[None]]] = []

    async def start(**section: Any) -> Web:
        settings = GallerySettings(
            mqtt=mqtt_settings("hub"),
            redis=RedisSettings(url=redis_url),
            gallery=Gallery(**section),
            data=tmp_path,
        )
        session = await Session(settings.mqtt, f"gallery-{len(open_ones)}").__aenter__()
        await session.connected()
        app = make_app(settings, session, redis, Caller(session, Topics()))
        feeds = asyncio.create_task(_run_feeds(app), name="feeds")
        client: Web = TestClient(TestServer(app), cookie_jar=CookieJar(unsafe=True))
        await client.start_server()
        open_ones.append((client, session, feeds))
        return client

    yield start
    for client, session, feeds in open_ones:
        await client.close()
        await cancel(feeds)
        await session.__aexit__(None, None, None)


@pytest.fixture
async def gallery(start_gallery: StartGallery) -> Web:
    """A gallery without a password."""
    return await start_gallery()


@pytest.fixture
def store(redis: Any) -> Callable[..., Awaitable[NewImage]]:
    """Stores an image as ingest does: `store("garden", 1_700_000_000_000, lux=100)`."""

    async def put(
        node: str, milliseconds: int, data: bytes | None = None, *, ttl: int = WEEK, **known: Any
    ) -> NewImage:
        image = NewImage(
            id=f"{node}:{milliseconds}",
            node=node,
            timestamp=milliseconds / 1000,
            received_at=milliseconds / 1000 + 0.25,
            width=64,
            height=48,
            data=plain_jpeg() if data is None else data,
            told={
                name: json.loads(each) if IMAGE_FIELDS[name].kind == "json" else each
                for name, each in known.items()
                if name in IMAGE_FIELDS
            },
            **{name: each for name, each in known.items() if name not in IMAGE_FIELDS},
        )
        await Images(redis).store([image], ttl=ttl)
        return image

    return put


@pytest.fixture
async def answer_commands(
    mqtt_settings: Callable[[str], Broker],
) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """Makes a node answer: `await answer_commands("garden", lambda command: {...})`."""
    tasks: list[asyncio.Task[None]] = []

    async def start(node: str, answer: Callable[[Command], dict[str, Any]]) -> None:
        ready = asyncio.Event()
        broker = mqtt_settings(node)
        tasks.append(asyncio.create_task(_node(broker, node, answer, ready), name=node))
        await ready.wait()

    yield start
    await cancel(*tasks)


async def _run_feeds(app: web.Application) -> None:
    async with Crew() as crew:
        gallery_service.start_feeds(crew, app)


async def _node(
    broker: Broker, node: str, answer: Callable[[Command], dict[str, Any]], ready: asyncio.Event
) -> None:
    topics = Topics()
    async with Session(broker, f"fake-{node}", presence=topics.status(node)) as session:
        commands = [session.subscribe(each) for each in topics.commands_for(node)]
        await session.connected()
        await session.publish(topics.info(node), '{"interval": 60}', retain=True)
        ready.set()
        async with asyncio.TaskGroup() as group:
            for subscription in commands:
                group.create_task(_answer(session, topics, node, subscription, answer))


async def _answer(
    session: Session, topics: Topics, node: str, commands: Any, answer: Callable[..., Any]
) -> None:
    async for message in commands:
        service = topics.parse(message.topic).name or ""
        command = parse_command(service, message.payload, message.properties)
        result = {"ok": True, "service": service, "node": node, "id": command.id}
        result |= {"context": command.context} | answer(command)
        session.post(topics.result(node, service), Result.model_validate(result).encode())
