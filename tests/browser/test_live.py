"""The live page in a real browser: a film that moves."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from lookout.host.settings import Broker
from services.camera.settings import Camera
from services.camera.sources import make_source
from tests.browser.conftest import Open
from tests.support.nodes import node_settings, running_node
from tests.support.waiting import eventually

pytestmark = pytest.mark.browser


@pytest.fixture
async def filming(mqtt_settings: Callable[[str], Broker], data: Path) -> AsyncIterator[None]:
    """The node `garden` with a live view of a drawn place."""
    live = {"enabled": True, "port": 0, "rate": 10}
    settings = node_settings(mqtt_settings("garden"), data, capture={"interval": 5}, live=live)
    source = make_source(Camera(source="synthetic", resolution=(1280, 720)))
    async with running_node(settings, source):
        yield


@pytest.mark.usefixtures("filming")
async def test_the_live_page_shows_a_film_that_moves(open_page: Open) -> None:
    page = await open_page("/live")

    async def shown() -> bool:
        await page.reload()
        return await page.locator(".node img").count() == 1

    await eventually(shown, 15)
    film = page.locator('img[src="/nodes/garden/live"]')
    await eventually(lambda: film.evaluate("image => image.naturalWidth === 640"))
    first = await film.screenshot()

    async def moved() -> bool:
        return await film.screenshot() != first  # its clock shows the seconds

    await eventually(moved)
    await page.get_by_role("link", name="Events").click()
    await page.wait_for_url("**/events")
