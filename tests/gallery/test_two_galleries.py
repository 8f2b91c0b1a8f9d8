"""Two galleries on one hub: whoever is asked, the answer is the same."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import ClientResponse
from yarl import URL

from lookout.bus.session import Session
from lookout.embedded.child import Child
from services.gallery.web.auth import COOKIE
from tests.gallery.conftest import StartGallery, Web
from tests.gallery.process import ANY_PORT, address
from tests.support.waiting import eventually

NOON = 1_700_000_000_000
PASSWORD = "the same for both"
Store = Callable[..., Awaitable[Any]]


async def test_a_login_at_one_counts_at_the_other(start_gallery: StartGallery) -> None:
    one, other = [await start_gallery(password=PASSWORD) for _ in range(2)]
    assert (await other.get("/api/images")).status == 401
    await one.post("/login", data={"password": PASSWORD})
    cookies = one.session.cookie_jar.filter_cookies(URL(str(one.make_url("/"))))
    answer = await other.get("/api/images", cookies={COOKIE: cookies[COOKIE].value})
    assert answer.status == 200


async def test_both_tell_their_viewers_of_every_new_image(
    start_gallery: StartGallery, store: Store
) -> None:
    galleries = [await start_gallery() for _ in range(2)]
    viewers = [await gallery.get("/api/stream") for gallery in galleries]
    arrivals = [asyncio.create_task(first_image(viewer)) for viewer in viewers]
    number = 0
    while not all(arrival.done() for arrival in arrivals):  # a feed begins a moment after its start
        number += 1
        await store("garden", NOON + number)
        await asyncio.wait(arrivals, timeout=0.2)
    for gallery in galleries:
        assert await newest(gallery) == f"garden:{NOON + number}"
    for viewer in viewers:
        viewer.close()


async def first_image(viewer: ClientResponse) -> None:
    async for line in viewer.content:
        if line == b"event: image\n":
            return


async def newest(gallery: Web) -> str:
    found = await (await gallery.get("/api/images")).json()
    return str(found["images"][0]["id"])


async def test_one_that_leaves_does_not_take_the_other_ones_presence_along(
    service: Callable[..., Child], hub: Session
) -> None:
    said: list[bytes] = []

    async def follow() -> None:
        statuses = hub.subscribe("lookout/hub/gallery/status")
        while True:
            said.append((await anext(statuses)).payload)

    following = asyncio.create_task(follow(), name="statuses")
    first, second = service("gallery", **ANY_PORT), service("gallery", **ANY_PORT)
    for gallery in (first, second):
        await address(gallery)
    await eventually(lambda: said.count(b"online") >= 2)
    await first.stop()
    await eventually(lambda: b"offline" in said and said[-1] == b"online")
    await second.stop()
    await eventually(lambda: said[-1] == b"offline")
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
