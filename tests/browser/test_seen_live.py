"""Boxes over a camera's film, and over its last picture, while the page is open."""

import json
import time
from typing import Any
from urllib.parse import urljoin

import pytest
from playwright.async_api import Page, expect

from lookout.store import films, keys
from tests.browser.conftest import Open
from tests.support.waiting import eventually

pytestmark = pytest.mark.browser
BOXES = {"people": 1, "labels": "person", "boxes": json.dumps([[40, 10, 20, 80]])}


async def capture_and_look(page: Page, client: Any) -> None:
    """A picture of the garden, and what a worker sees in it."""
    command = urljoin(page.url, "/api/nodes/garden/commands/capture")
    answer = await page.request.post(command, data={})
    (image,) = (await answer.json())["data"]["images"]

    async def stored() -> bool:
        return bool(await client.exists(keys.image(image)))

    await eventually(stored)
    await client.hset(keys.image(image), mapping=BOXES)
    await client.xadd(keys.CHANGES_STREAM, {"what": "seen", "ids": image})


@pytest.mark.usefixtures("filming")
async def test_what_was_seen_a_moment_ago_is_framed_on_the_film_and_then_no_more(
    open_page: Open, client: Any
) -> None:
    page = await open_page("/live?node=garden")
    film = page.locator(".film")

    async def filmed() -> bool:
        await page.reload()
        return await film.count() == 1

    await eventually(filmed)
    await expect(page.locator("#live")).to_have_attribute("data-state", "open")
    await capture_and_look(page, client)
    await expect(film.get_by_role("img", name="Seen: person")).to_be_visible()
    await page.keyboard.press("b")
    await expect(film.locator(".boxes")).to_be_hidden()
    await expect(film.locator(".boxes")).to_have_count(0)  # it is not true for ever

    await page.keyboard.press("b")

    async def frames_are_looked_at() -> bool:
        seen = {"frame": f"{time.time_ns()}-0", "labels": "dog", "boxes": "[[10,10,30,30]]"}
        await films.tell(client, "garden", seen)
        return await film.get_by_role("img", name="Seen: dog").count() == 1

    await eventually(frames_are_looked_at)
    await expect(film.locator(".boxes")).to_have_count(0)

    await page.goto(page.url.partition("?")[0])
    tile = page.locator('.node[data-node="garden"]')
    await expect(tile).to_have_attribute("data-shown", "live")
    await expect(tile.locator(".boxes")).to_have_count(0)
    await capture_and_look(page, client)
    await expect(tile.locator(".boxes rect")).to_have_count(1)
