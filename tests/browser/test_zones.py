"""Zones drawn on a picture in a real browser, by hand and by keys."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect

from lookout.contract.watched import Watched
from lookout.host.settings import Broker
from lookout.store import keys, watching
from tests.browser import looks
from tests.browser.conftest import Open
from tests.browser.test_browser import send
from tests.support.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


async def test_a_zone_is_drawn_with_keys_and_mouse_saved_and_its_heat_shown(
    open_page: Open, mqtt_settings: Callable[[str], Broker], client: Any
) -> None:
    await send(mqtt_settings, 1)

    async def stored() -> bool:
        return bool(await client.exists(keys.image("barn:1700000000001")))

    await eventually(stored)
    seen = {"people": 1, "labels": "person", "boxes": json.dumps([[40, 10, 20, 80]])}
    await client.hset(keys.image("barn:1700000000001"), mapping=seen)
    page = await open_page("/nodes/barn")
    await page.get_by_role("link", name="Zones").click()

    await page.get_by_role("button", name="Add a zone").click()
    await page.get_by_label("Name").fill("gate")
    corner = page.get_by_role("button", name="Corner 1 of 4 of gate: 30 per cent across, 30 down")
    await corner.focus()
    await page.keyboard.press("Shift+ArrowLeft")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("+")
    await expect(page.locator("circle")).to_have_count(5)
    await page.keyboard.press("Delete")
    box = await page.locator("#drawing").bounding_box()
    assert box
    down = page.get_by_role("button", name="Corner 3 of 4")
    await down.hover()
    await page.mouse.down()
    await page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.8 * box["height"])
    await page.mouse.up()
    await page.get_by_role("button", name="Add a least score and size").click()
    assert await looks.faults(page, "light", "dark") == []
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#result")).to_contain_text("Saved")

    rules, is_drawn = await watching.of_node(client, "barn")
    points = rules.zones["gate"].points
    assert is_drawn
    assert points[0] == (25.0, 29.0)
    assert list(points[2]) == pytest.approx([90, 80], abs=1)
    assert (rules.zones["gate"].labels, rules.least["person"].score) == (("person",), 0.5)

    await page.locator("#since").evaluate("each => each.add(new Option('ever', '2020-01-01'))")
    await page.locator("#since").select_option("2020-01-01")
    await page.get_by_role("button", name="Show where").click()
    await expect(page.locator("#heat-words")).to_have_text("person: 1 in 1 pictures.")
    await expect(page.locator(".heat rect")).to_have_count(1)

    await page.reload()
    await expect(page.get_by_label("Name")).to_have_value("gate")
    await page.get_by_role("button", name="Back to the settings").click()
    await expect(page.locator(".area")).to_have_count(0)
    assert (await watching.of_node(client, "barn")) == (Watched(), False)
