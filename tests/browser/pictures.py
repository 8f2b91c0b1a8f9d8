"""`scripts/pictures`: the pages of a running demo, photographed for docs/pictures."""

import asyncio
import contextlib
import io
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from lookout.embedded.ports import HOST, free_port
from tests.browser.conftest import ARGUMENTS, chromium
from tests.support.waiting import eventually

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
DESK, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 800}  # pixels
ENOUGH = 90  # pictures that the demo has taken before its pages are
GAP = 20  # pixels between the pictures of a phone
QUALITY = 84
SETTLED = 2.5  # seconds until a page shows its pictures and its films move


@asynccontextmanager
async def demo() -> AsyncIterator[str]:
    """The address of a demo with four cameras that has some pictures."""
    port = free_port()
    command = (sys.executable, "-m", "lookout", "demo", "--nodes", "4", "--interval", "3")
    process = await asyncio.create_subprocess_exec(*command, "--port", str(port))
    try:
        url = f"http://{HOST}:{port}"
        await eventually(lambda: has_enough(url), 180)
        yield url
    finally:
        process.terminate()
        await process.wait()


async def asked(url: str) -> Any:
    """What the API answers; nothing while it is not there yet."""
    with contextlib.suppress(aiohttp.ClientError):
        async with aiohttp.ClientSession() as http, http.get(url) as answer:
            return await answer.json(content_type=None)
    return {}


async def has_enough(url: str) -> bool:
    """Whether there are pictures to show."""
    return int((await asked(f"{url}/api/images/counts")).get("total", 0)) >= ENOUGH


async def shown(browser: Browser, url: str, size: Any, scheme: Any = "light") -> Page:
    """A page, as it is once its pictures are there."""
    page = await browser.new_page(
        viewport=size, color_scheme=scheme, reduced_motion="reduce", locale="en-GB"
    )
    await page.goto(url)
    await asyncio.sleep(SETTLED)
    return page


def save(name: str, shots: Sequence[bytes]) -> None:
    """One picture, or several beside each other."""
    images = [Image.open(io.BytesIO(shot)).convert("RGB") for shot in shots]
    width = sum(image.width for image in images) + GAP * (len(images) - 1)
    whole = Image.new("RGB", (width, images[0].height), "white")
    left = 0
    for image in images:
        whole.paste(image, (left, 0))
        left += image.width + GAP
    whole.save(FOLDER / f"{name}.jpg", quality=QUALITY, optimize=True)


async def take(browser: Browser, url: str) -> None:
    """Each page once, and what a phone shows."""
    found = (await asked(f"{url}/api/images?people=1..&limit=1"))["images"]
    pages = {"nodes": "/nodes", "live": "/live", "events": "/events", "days": "/",
             "picture": f"/images/{found[0]['id']}", "grid": "/"}  # fmt: skip
    for name, path in pages.items():
        page = await shown(browser, url + path, DESK)
        if name == "days":
            await page.get_by_role("link", name="Days").click()
            await page.locator(".days").wait_for()
        save(name, [await page.screenshot()])
    phone = [("/", "light"), ("/live", "dark"), ("/events", "light")]
    pages_there = [await shown(browser, url + path, PHONE, scheme) for path, scheme in phone]
    save("phone", [await page.screenshot() for page in pages_there])


async def main() -> None:
    async with demo() as url, async_playwright() as playwright:
        options = {"executable_path": chromium(), "args": ARGUMENTS}
        browser = await playwright.chromium.launch(**options)  # type: ignore[arg-type]
        await take(browser, url)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
