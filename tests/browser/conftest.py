"""A real Chromium looking at a real system: broker, Redis, ingest, events, gallery, one node."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    async_playwright,
    expect,
)

from lookout.bus.session import Session
from lookout.contract.topics import Topics
from lookout.embedded.child import Child
from lookout.host.settings import Broker
from services.camera.settings import Camera
from services.camera.sources import make_source
from tests.gallery.process import ANY_PORT, address, is_well
from tests.support.nodes import RecordingSource, node_settings, running_node
from tests.support.waiting import PATIENCE, eventually

FILLING = ("ingest", "events")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
Open = Callable[..., Awaitable[Page]]


def chromium() -> str | None:
    """Where it is; None: nowhere."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    program = chromium()
    if program is None:
        pytest.skip("there is no Chromium on this machine: apt-get install chromium")
    expect.set_options(timeout=PATIENCE * 1000)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield running
        await running.close()


@pytest.fixture
async def url(service: Callable[..., Child], hub: Session) -> str:
    """The address of a gallery with the services that fill it, which hear what is sent."""
    statuses = [hub.subscribe(Topics().hub_status(name)) for name in FILLING]
    for name in FILLING:
        service(name)
    url = await address(service("gallery", **ANY_PORT))
    await eventually(lambda: is_well(url))
    async with asyncio.timeout(PATIENCE):
        for status in statuses:
            async for message in status:
                if message.payload == b"online":
                    break
    return url


@pytest.fixture
async def garden(
    mqtt_settings: Callable[[str], Broker], data: Path
) -> AsyncIterator[RecordingSource]:
    """The node `garden`, which takes pictures when it is asked to."""
    settings = node_settings(mqtt_settings("garden"), data, capture={"interval": 0})
    source = RecordingSource()
    async with running_node(settings, source):
        yield source


@pytest.fixture
async def filming(mqtt_settings: Callable[[str], Broker], data: Path) -> AsyncIterator[None]:
    """The node `garden` with a live view of a drawn place."""
    live = {"enabled": True, "port": 0, "rate": 10}
    settings = node_settings(mqtt_settings("garden"), data, capture={"interval": 0}, live=live)
    source = make_source(Camera(source="synthetic", resolution=(1280, 720)))
    async with running_node(settings, source):
        yield


@pytest.fixture
async def open_page(browser: Browser, url: str) -> AsyncIterator[Open]:
    """Opens a page: `await open_page("/nodes", color_scheme="dark")`; no error may be logged."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def note(line: ConsoleMessage) -> None:
        # A node that refused, or a filter that is wrong: the page explains both.
        refused = any(f"status of {status}" in line.text for status in (400, 409))
        if line.type == "error" and not refused:
            errors.append(line.text)

    async def start(path: str, **options: Any) -> Page:
        context = await browser.new_context(**options)
        context.set_default_timeout(PATIENCE * 1000)
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", note)
        await page.goto(url + path)
        return page

    yield start
    for context in contexts:
        await context.close()
    assert errors == []
