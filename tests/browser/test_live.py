"""The live page in a real browser: a film that moves."""

import pytest

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
    film = page.locator('img[src="/nodes/garden/live"]')
    await eventually(lambda: film.evaluate("image => image.naturalWidth === 640"))
    first = await film.screenshot()

    async def moved() -> bool:
        return await film.screenshot() != first  # its clock shows the seconds

    await eventually(moved)
    await page.get_by_role("link", name="Events").click()
    await page.wait_for_url("**/events")
