"""A gigabyte of images for a Redis of 64 MB, while somebody browses the gallery all along."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from lookout.bus.session import Session
from lookout.bus.subscription import Subscription
from lookout.contract.hub import parse_receipt
from lookout.embedded.child import Child
from lookout.host.settings import Redis as RedisSettings
from lookout.host.tasks import cancel
from lookout.store import keys
from lookout.store.client import Client, opened
from lookout.store.images import Images
from lookout.store.memory import memory
from lookout.store.search import Query
from tests.gallery.process import ANY_PORT, address, is_well
from tests.support.pictures import numbered_jpeg
from tests.support.servers import StoreServer, make_store
from tests.support.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
LIMIT = 64 << 20  # bytes
IMAGE = 100 << 10  # bytes
LOUD = 10_400
QUIET = 100  # one for each LOUD / QUIET of the other
KEPT = 5  # the first of the loud node
AHEAD = 500  # images under way: sent, and not confirmed yet


@pytest.fixture
async def redis_server(tmp_path: Path) -> AsyncIterator[StoreServer]:
    """A Redis with little memory."""
    async with make_store(tmp_path / "small-redis", maxmemory=LIMIT) as server:
        yield server


@dataclass(slots=True)
class Senders:
    """Two nodes whose spools let go what is confirmed."""

    session: Session
    first: int = field(default_factory=lambda: round(time.time() * 1000) - LOUD)
    sent: int = 0  # bytes
    refused: list[str] = field(default_factory=list)
    under_way: set[str] = field(default_factory=set)
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AHEAD))

    def image_id(self, node: str, number: int) -> str:
        return f"{node}:{self.first + number}"

    async def send(self, node: str, number: int) -> None:
        await self.room.acquire()
        jpeg = numbered_jpeg(number, owner=node, padding=IMAGE)
        identifier = self.image_id(node, number)
        self.under_way.add(identifier)
        await self.session.publish(f"lookout/{node}/image", jpeg, properties={"id": identifier})
        self.sent += len(jpeg)

    async def take_receipts(self, receipts: Subscription) -> None:
        async for message in receipts:
            receipt = parse_receipt(message.payload)
            self.refused += [each.reason for each in receipt.rejected]
            for identifier in self.under_way.intersection(receipt.ids):
                self.under_way.remove(identifier)
                self.room.release()


@dataclass(slots=True)
class Viewer:
    """Asks the gallery for the newest images and looks at one, again and again."""

    url: str
    web: aiohttp.ClientSession
    client: Client
    answers: Counter[int] = field(default_factory=Counter)  # by status
    slowest: float = 0.0  # seconds
    most_memory: int = 0  # bytes

    async def browse(self) -> None:
        while True:
            found = await self._ask("/api/images?limit=20")
            for image in found["images"][:1]:
                await self._ask(image["url"])
                await self._ask(image["thumb_url"])
            await self._ask("/api/nodes")
            self.most_memory = max(self.most_memory, (await memory(self.client)).used)
            await asyncio.sleep(0.1)  # as long as a quick person takes

    async def _ask(self, path: str) -> Any:
        began = time.perf_counter()
        async with self.web.get(self.url + path) as answer:
            body = await answer.read()
            self.answers[answer.status] += 1
            self.slowest = max(self.slowest, time.perf_counter() - began)
            return await answer.json() if answer.content_type == "application/json" else body

    async def keep(self, image_id: str) -> None:
        """Keep an image once it is there."""
        await eventually(lambda: self.client.exists(keys.image(image_id)), 30)
        async with self.web.post(f"{self.url}/api/images/{image_id}/keep") as answer:
            assert answer.status == 200, await answer.text()


@asynccontextmanager
async def browsing(url: str, client: Client) -> AsyncIterator[Viewer]:
    """Somebody who browses while the context lasts."""
    async with aiohttp.ClientSession() as web:
        viewer = Viewer(url, web, client)
        task = asyncio.create_task(viewer.browse(), name="viewer")
        yield viewer
        assert not task.done(), task.exception()
        await cancel(task)


@pytest.fixture
async def senders(hub: Session) -> AsyncIterator[Senders]:
    senders = Senders(hub)
    receipts = hub.subscribe("lookout/+/stored")
    task = asyncio.create_task(senders.take_receipts(receipts), name="receipts")
    yield senders
    await cancel(task)


async def test_a_gigabyte_into_64_megabytes_shows_no_error_and_keeps_what_it_should(
    redis_server: StoreServer,
    service: Callable[..., Child],
    senders: Senders,
    record_property: Callable[[str, object], None],
) -> None:
    service("ingest", LOOKOUT_INGEST__IMAGES_RATE="0", LOOKOUT_INGEST__IMAGE_BYTES_RATE="0")
    url = (await address(service("gallery", **ANY_PORT))).rstrip("/")
    await eventually(lambda: is_well(url))
    async with opened(RedisSettings(url=redis_server.url)) as client:
        began = time.monotonic()
        async with browsing(url, client) as viewer:
            await send_all(senders, viewer)
            await eventually(lambda: not senders.under_way, 60)
        seconds = time.monotonic() - began
        record_property("report", report(senders, viewer, await counted(client), seconds))
        assert senders.sent >= 1_000_000_000
        assert viewer.answers.keys() == {200}
        assert viewer.most_memory <= LIMIT
        assert senders.refused == []
        assert await client.xlen(keys.REJECTED_STREAM) == 0
        assert (await memory(client)).evicted == 0
        await the_right_ones_are_there(senders, client)


async def send_all(senders: Senders, viewer: Viewer) -> None:
    for number in range(LOUD):
        await senders.send("loud", number)
        if number % (LOUD // QUIET) == 0:
            await senders.send("quiet", number)
        if number < KEPT:
            await viewer.keep(senders.image_id("loud", number))


async def counted(client: Client) -> dict[str, int]:
    """How many images of each node there are."""
    found = [key async for key in client.scan_iter(match="image:*", count=1000)]
    return dict(Counter(key.decode().split(":")[1] for key in found))


async def the_right_ones_are_there(senders: Senders, client: Client) -> None:
    """The newest of the loud node, all of the quiet one, and those that somebody keeps."""
    newest = [senders.image_id("loud", number) for number in range(LOUD - 1, LOUD - 201, -1)]
    page = await Images(client).page(Query(tags={"node": ["loud"]}, limit=200))
    assert [row["id"] for row in page.rows] == newest
    assert (await counted(client))["quiet"] == QUIET, "the loud node pushed the quiet one out"
    kept = [keys.image(senders.image_id("loud", number)) for number in range(KEPT)]
    assert await client.exists(*kept) == KEPT


def report(senders: Senders, viewer: Viewer, there: dict[str, int], seconds: float) -> str:
    megabytes = senders.sent / 1e6
    return (
        f"sent {megabytes:.0f} MB in {seconds:.0f} s ({megabytes / seconds:.0f} MB/s, "
        f"{(LOUD + QUIET) / seconds:.0f} images/s) into a Redis of {LIMIT >> 20} MiB\n"
        f"  Redis used at most {viewer.most_memory / (1 << 20):.1f} MiB; "
        f"images there at the end: {there}; refused {len(senders.refused)}\n"
        f"  the gallery answered {dict(viewer.answers)}, the slowest in {viewer.slowest:.2f} s"
    )
