"""The live page in a real browser: a film that moves."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Open
from tests.support.waiting import eventually

pytestmark = pytest.mark.browser


@pytest.mark.usefixtures("filming")
async def test_the_live_page_shows_a_film_that_moves(open_page: Open) -> None:
    page = await open_page("/live")

    async def shown() -> bool:
        await page.reload()
        return await page.locator(".node img").count() == 1

    await eventually(shown)
    tile = page.locator('.node[data-node="garden"]')
    await expect(tile).to_have_attribute("data-shown", "live")
    await expect(tile.get_by_text("Live", exact=True)).to_be_visible()
    await expect(tile.locator(".age")).to_be_hidden()
    film = page.get_by_role("img", name="What garden sees now")
    await eventually(lambda: film.evaluate("image => image.naturalWidth === 640"))
    first = await film.screenshot()

    async def moved() -> bool:
        return await film.screenshot() != first  # its clock shows the seconds

    await eventually(moved)
    await tile.get_by_role("link", name="What garden sees now").click()
    await eventually(lambda: film.evaluate("image => image.naturalWidth === 640"))
    await expect(film).to_have_attribute("src", "/nodes/garden/live")
    await page.get_by_role("link", name="Events").click()
    await page.wait_for_url("**/events")
