"""The gallery under a path prefix in a real browser: nginx, Caddy, Home Assistant's ingress."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import FrameLocator, Page, Request, expect

from lookout.embedded.child import Child
from tests.browser.conftest import Open
from tests.gallery.process import ANY_PORT, address, is_well
from tests.support import proxies
from tests.support.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
PASSWORD = "correct horse"
LOADED = "image => image.complete && image.naturalWidth > 0"


@pytest.fixture
async def hub(service: Callable[..., Child]) -> Callable[..., Any]:
    """Starts ingest, events and a gallery, and gives the port of that one."""

    async def start(**section: str) -> int:
        service("ingest")
        service("events")
        settings = {f"LOOKOUT_GALLERY__{name.upper()}": value for name, value in section.items()}
        url = await address(service("gallery", **ANY_PORT, **settings))
        await eventually(lambda: is_well(url))
        port = urlsplit(url).port
        assert port
        return port

    return start


@pytest.fixture(params=["nginx", pytest.param("caddy", marks=pytest.mark.slow)])
async def proxied(request: Any, hub: Callable[..., Any], tmp_path: Path) -> AsyncIterator[str]:
    """The address of a gallery with a password behind a proxy."""
    port = await hub(password=PASSWORD, trusted_proxies='["127.0.0.1"]')
    async with getattr(proxies, request.param)(tmp_path / "proxy", port) as url:
        yield url


@pytest.fixture
async def panel(hub: Callable[..., Any]) -> AsyncIterator[str]:
    """The address of a Home Assistant that shows a gallery without a password."""
    host = proxies.own_address()
    port = await hub(host="0.0.0.0", ingress=f'["{host}"]')  # noqa: S104
    async with proxies.home_assistant(host, port) as url:
        yield url


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """Where the test's pages are."""
    name = "panel" if "panel" in request.fixturenames else "proxied"
    found: str = request.getfixturevalue(name)
    return found


def requested(page: Page) -> set[str]:
    """The paths that the page asks a server for, as it goes on."""
    paths: set[str] = set()

    def note(request: Request) -> None:
        if not request.url.startswith("blob:"):
            paths.add(urlsplit(request.url).path)

    page.on("request", note)
    return paths


async def use(page: Page | FrameLocator) -> None:
    """Take a picture, see it come, look at it, keep it, release and delete it, watch the film."""
    await page.get_by_role("link", name="Nodes").click()
    card = page.locator('.node[data-node="garden"]')
    await expect(card).to_have_attribute("data-status", "online")
    await expect(page.locator("#live")).to_have_attribute("data-state", "open")
    await card.get_by_role("button", name="Capture").click()
    await expect(card.get_by_role("status")).to_contain_text("Here it is.")

    await page.get_by_role("link", name="Pictures").click()
    first = page.locator("#grid .card img").first
    await eventually(lambda: first.evaluate(LOADED))
    await first.click()
    await page.get_by_role("button", name="All about it").click()
    await expect(page.locator("#picture")).to_be_visible()
    await expect(page.locator("#live")).to_have_attribute("data-state", "open")
    await page.get_by_role("button", name="Keep").click()
    await expect(page.locator("#life")).to_contain_text("stays until it is deleted")
    await page.get_by_role("button", name="Kept").click()
    await expect(page.locator("#life")).to_contain_text("goes by itself again")
    await page.get_by_role("button", name="Delete").click()

    await expect(page.locator("#gone")).to_be_visible()
    await page.get_by_role("link", name="Live").click()
    film = page.get_by_role("img", name="What garden sees now")
    await eventually(lambda: film.evaluate("image => image.naturalWidth === 640"))


@pytest.mark.usefixtures("filming", "proxied")
async def test_everything_works_under_the_prefix_of_a_proxy(open_page: Open, url: str) -> None:
    page = await open_page("/nodes")
    paths = requested(page)
    assert page.url == f"{url}/login?next=/nodes"
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await page.wait_for_url(f"{url}/nodes")

    await use(page)

    await page.get_by_role("button", name="Log out").click()
    await page.wait_for_url(f"{url}/login")
    await page.goto(f"{url}/events")
    assert page.url == f"{url}/login?next=/events"
    assert {path for path in paths if not path.startswith("/lookout/")} == set()


@pytest.mark.usefixtures("filming", "panel")
async def test_home_assistant_shows_the_gallery_to_whom_it_has_signed_in(open_page: Open) -> None:
    page = await open_page("/")
    paths = requested(page)
    frame = page.frame_locator("iframe")
    await expect(frame.locator(".user")).to_have_text(proxies.USER)

    await use(frame)

    assert {path for path in paths if not path.startswith(proxies.TOKEN)} == set()
