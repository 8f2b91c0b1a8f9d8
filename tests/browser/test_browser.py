"""What people do in the gallery, in a real browser."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from lookout.bus.session import Session
from lookout.contract.topics import Topics
from lookout.host.settings import Broker
from tests.browser import looks
from tests.browser.conftest import Open
from tests.support.nodes import RecordingSource
from tests.support.pictures import numbered_jpeg
from tests.support.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
TOPICS = Topics()


async def send(mqtt: Callable[[str], Broker], *numbers: int, lux: int = 50) -> None:
    """Pictures of the barn, as any MQTT client sends them."""
    async with Session(mqtt("barn"), "barn") as session:
        await session.connected()
        for number in numbers:
            known = {"id": f"barn:{1_700_000_000_000 + number}", "lux": str(lux)}
            await session.publish(TOPICS.image("barn"), numbered_jpeg(number), properties=known)


async def is_live(page: Page) -> None:
    await expect(page.locator("#live")).to_have_attribute("data-state", "open")


def cards(page: Page) -> Any:
    return page.locator("#grid .card")


@pytest.mark.usefixtures("garden")
async def test_a_click_on_capture_brings_the_picture_without_a_reload(open_page: Open) -> None:
    page = await open_page("/nodes")
    card = page.locator('.node[data-node="garden"]')
    await expect(card).to_have_attribute("data-status", "online")
    await is_live(page)
    await page.evaluate("window.sameDocument = true")

    await card.get_by_role("button", name="Capture").click()

    await expect(card.get_by_role("status")).to_contain_text("Here it is.")
    picture = card.locator("img")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 64
    await expect(card.locator(".age")).to_have_attribute("data-freshness", "fresh")
    assert await page.evaluate("window.sameDocument")

    await card.get_by_role("link", name="Open it").click()
    await expect(page.locator(".story")).to_contain_text("Command “capture” was called on garden")


async def test_a_capture_that_fails_says_why(open_page: Open, garden: RecordingSource) -> None:
    page = await open_page("/nodes")
    card = page.locator('.node[data-node="garden"]')
    await expect(card).to_have_attribute("data-status", "online")
    garden.failing = "the lens cap is on"

    await card.get_by_role("button", name="Capture").click()

    await expect(card.get_by_role("status")).to_contain_text("the lens cap is on")


async def test_new_pictures_come_in_at_the_top_of_the_grid(
    open_page: Open, mqtt_settings: Callable[[str], Broker]
) -> None:
    page = await open_page("/")
    await expect(page.locator("#empty")).to_contain_text("mosquitto_pub")
    await is_live(page)

    await send(mqtt_settings, 1, 3)
    await expect(cards(page)).to_have_count(2)
    await send(mqtt_settings, 2)  # late, from a spool
    await expect(cards(page)).to_have_count(3)

    ids = await cards(page).evaluate_all("cards => cards.map(card => card.dataset.id)")
    assert ids == [f"barn:{1_700_000_000_000 + number}" for number in (3, 2, 1)]
    await expect(page.locator("#empty")).to_be_hidden()
    await expect(page.locator("#announce")).to_contain_text("New picture from barn")


async def test_new_pictures_respect_the_filters(
    open_page: Open, mqtt_settings: Callable[[str], Broker]
) -> None:
    page = await open_page("/?lux=100..200", timezone_id="Pacific/Auckland")
    await is_live(page)

    await send(mqtt_settings, 1, lux=99)
    await send(mqtt_settings, 2, lux=150)

    await expect(cards(page)).to_have_count(1)
    await expect(cards(page)).to_contain_text("150 lx")

    # What is typed is meant in the browser's zone, thirteen hours ahead of the hub's here.
    await page.locator("summary").click()
    await page.get_by_label("Pick since").fill("2023-11-15T11:13")
    await page.get_by_role("button", name="Show").click()
    await page.wait_for_url(lambda address: "tz=Pacific" in address)
    await expect(cards(page)).to_have_count(1)

    await page.get_by_role("link", name="Days").click()
    await expect(page.get_by_role("heading", name="November 2023 1 picture")).to_be_visible()
    await page.get_by_role("link", name="11:00: 1 picture").click()
    hour = "/?lux=100..200&since=2023-11-15T11:00&until=2023-11-15T12:00&tz=Pacific/Auckland"
    await page.wait_for_url(lambda address: address.endswith(hour))
    await expect(cards(page)).to_have_count(1)


async def test_scrolled_down_nothing_moves_and_a_pill_tells_of_new_pictures(
    open_page: Open, mqtt_settings: Callable[[str], Broker]
) -> None:
    await send(mqtt_settings, *range(40))
    page = await open_page("/", viewport={"width": 390, "height": 844})
    await expect(cards(page)).to_have_count(40)
    await is_live(page)
    await page.evaluate("scrollTo(0, 1200)")
    await expect(page.locator("#pill")).to_be_hidden()

    await send(mqtt_settings, 100)

    await expect(page.locator("#pill")).to_have_text("1 new picture")
    await expect(cards(page)).to_have_count(40)
    await page.locator("#pill").click()
    await expect(cards(page)).to_have_count(41)
    await eventually(lambda: page.evaluate("scrollY < 50"))


async def test_the_grid_goes_on_when_its_end_is_near(
    open_page: Open, mqtt_settings: Callable[[str], Broker]
) -> None:
    await send(mqtt_settings, *range(150))
    page = await open_page("/")

    async def all_stored() -> bool:
        answer = await page.request.get(f"{page.url}api/images?limit=200")
        return len((await answer.json())["images"]) == 150

    await eventually(all_stored)
    await page.reload()
    await expect(cards(page)).to_have_count(60)

    async def all_shown() -> bool:
        await page.evaluate("scrollTo(0, document.body.scrollHeight)")
        return bool(await cards(page).count() >= 150)

    await eventually(all_shown)
    await expect(cards(page)).to_have_count(150)
    ids = await cards(page).evaluate_all("cards => cards.map(card => card.dataset.id)")
    assert len(set(ids)) == 150


async def test_everything_is_within_reach_of_the_keyboard(
    open_page: Open, mqtt_settings: Callable[[str], Broker]
) -> None:
    await send(mqtt_settings, 1, 2, 3)
    page = await open_page("/")
    await expect(cards(page)).to_have_count(3)

    await page.keyboard.press("j")
    await expect(cards(page).nth(0)).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await expect(cards(page).nth(1)).to_be_focused()
    await page.keyboard.press("k")
    await expect(cards(page).nth(0)).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/images/barn:1700000000003?*")
    await page.keyboard.press("ArrowRight")
    await page.wait_for_url("**/images/barn:1700000000002?*")
    await page.keyboard.press("Escape")
    await page.wait_for_url(lambda address: address.endswith("/"))
    await expect(page.locator(".pswp")).to_have_count(0)
    await expect(cards(page).nth(1)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(".pswp")).to_be_visible()
    await page.keyboard.press("i")
    await expect(page.locator(".story")).to_be_visible()
    await is_live(page)  # by then it hears keys
    await page.keyboard.press("ArrowLeft")
    await page.wait_for_url("**/images/barn:1700000000003?*")
    await expect(page.locator(".story")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.wait_for_url(lambda address: address.endswith("/"))
    await page.keyboard.press("?")
    await expect(page.locator("#help")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#help")).to_be_hidden()
    await page.keyboard.press("/")
    line = page.get_by_role("combobox", name="Find")
    await expect(line).to_be_focused()
    await page.keyboard.type("no")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.keyboard.type("ba")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Tab")
    await expect(line).to_have_value("node:barn ")
    await page.keyboard.type("lux:bright")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("lux:bright write numbers as 100..120")
    await expect(line).to_have_value("node:barn lux:bright")
    await line.fill("node:barn lux:<100")
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda address: address.endswith("/?node=barn&lux=%3C100"))
    await expect(line).to_have_value("node:barn lux:<100")
    await expect(cards(page)).to_have_count(3)


@pytest.mark.usefixtures("garden")
async def test_the_c_key_captures_and_readings_lead_to_the_pictures_of_their_time(
    open_page: Open, mqtt_settings: Callable[[str], Broker]
) -> None:
    page = await open_page("/nodes/garden")
    await is_live(page)

    await page.keyboard.press("c")

    await expect(page.locator(".result")).to_contain_text("Here it is.")
    await expect(cards(page)).to_have_count(1)
    await expect(page.locator("#events")).to_contain_text("garden took a picture")

    async with Session(mqtt_settings("garden"), "a sensor") as session:
        await session.connected()
        for ago, lux in ((900, 5), (300, 9)):
            reading = {"timestamp": time.time() - ago, "lux": lux}
            await session.publish(TOPICS.reading("garden"), json.dumps(reading))
    asked = page.url.replace("/nodes/garden", "/api/readings?node=garden&metric=lux&since=1h")

    async def stored() -> bool:
        found = (await (await page.request.get(asked)).json())["readings"]
        return {5, 9} <= {each["average"] for each in found}

    await eventually(stored)
    await page.reload()
    chart = page.locator('.chart[data-metric="lux"]')
    await expect(chart.get_by_role("img", name="lx; a click shows")).to_be_visible()
    await chart.locator(".u-over").click()
    await page.wait_for_url("**/?node=garden&since=*")


async def test_a_picture_is_deleted_and_brought_back_on_every_open_page(
    open_page: Open, mqtt_settings: Callable[[str], Broker]
) -> None:
    page = await open_page("/")
    await is_live(page)
    await send(mqtt_settings, 1, 2)
    await expect(cards(page)).to_have_count(2)
    other = await page.context.new_page()
    await other.goto(str(await cards(page).first.evaluate("card => card.href")))
    await is_live(other)
    await page.bring_to_front()

    await cards(page).first.click()
    await expect(page.locator(".pswp")).to_be_visible()
    await page.keyboard.press("Delete")

    await expect(other.locator("#gone")).to_be_visible()
    await page.locator("#toasts").get_by_role("button", name="Undo").click()
    await expect(other.locator("#gone")).to_be_hidden()
    await page.keyboard.press("Escape")
    await expect(page.locator(".pswp")).to_have_count(0)
    await expect(cards(page)).to_have_count(2)
    await expect(page.locator(".is-deleted")).to_have_count(0)


async def test_several_are_selected_packed_and_deleted(
    open_page: Open, mqtt_settings: Callable[[str], Broker]
) -> None:
    page = await open_page("/")
    await is_live(page)
    await send(mqtt_settings, 1, 2, 3, 4)
    await expect(cards(page)).to_have_count(4)

    await page.get_by_role("button", name="Select", exact=True).click()
    await cards(page).nth(0).click()
    await cards(page).nth(2).click(modifiers=["Shift"])
    await expect(page.locator("#selected")).to_have_text("3 selected")
    async with page.expect_download() as coming:
        await page.get_by_role("button", name="Zip").click()
    assert (await coming.value).suggested_filename == "lookout-3-pictures.zip"
    await page.keyboard.press("Delete")

    await expect(page.locator("#toasts")).to_contain_text("3 pictures deleted.")
    await expect(page.locator("#selection")).to_be_hidden()
    await expect(cards(page)).to_have_count(1)


async def test_pictures_are_tagged_and_noted(
    open_page: Open, mqtt_settings: Callable[[str], Broker]
) -> None:
    page = await open_page("/")
    await is_live(page)
    await send(mqtt_settings, 1, 2)
    await expect(cards(page)).to_have_count(2)
    await cards(page).first.focus()
    await page.keyboard.press("Control+a")
    await page.get_by_role("button", name="Tag", exact=True).click()
    await page.get_by_label("Tags, with commas between").fill("Fox, night")
    await page.keyboard.press("Enter")
    await expect(cards(page).nth(1)).to_contain_text("fox")  # told by the stream

    await page.goto(await cards(page).first.evaluate("card => card.href"))
    await page.get_by_role("button", name="Take the tag fox away").click()
    await expect(page.locator("#tags li")).to_have_count(1)
    await page.get_by_label("Note", exact=True).fill("It was here.")
    await page.get_by_role("button", name="Save note").click()
    await expect(page.locator("#toasts")).to_contain_text("The note is kept.")
    assert await looks.faults(page, "light", "dark") == []

    await page.get_by_role("link", name="night", exact=True).click()
    await expect(cards(page)).to_have_count(2)
    await page.get_by_role("link", name="Browse").click()
    await page.get_by_label("Name for this search").fill("Nights")
    await page.get_by_role("button", name="Save search").click()
    await page.get_by_role("link", name="fox 1", exact=True).click()
    await page.wait_for_url(lambda address: address.endswith("/?tag=night&tag=fox"))
    await page.get_by_role("link", name="Browse").click()
    await expect(page.get_by_role("link", name="fox 1", exact=True)).to_have_attribute(
        "aria-current", "true"
    )
    assert await looks.faults(page, "light", "dark") == []
    await page.get_by_role("link", name="Nights", exact=True).click()
    await page.wait_for_url(lambda address: "tag=night" in address and "fox" not in address)
    await expect(cards(page)).to_have_count(2)
    await expect(page.get_by_text("It was here.")).to_be_attached()


async def test_a_day_is_scrubbed_through_played_and_made_a_film(
    open_page: Open, mqtt_settings: Callable[[str], Broker]
) -> None:
    page = await open_page("/timelapse", timezone_id="UTC", viewport={"width": 390, "height": 800})
    await send(mqtt_settings, *range(0, 60_000, 20_000))
    await eventually(lambda: has_day(page))

    await page.get_by_label("Time of day").press("End")
    last = re.compile("/images/barn:1700000040000$")
    await expect(page.locator("#shown")).to_have_attribute("href", last)
    await expect(page.locator("#when")).to_contain_text("10:14:00")
    await page.get_by_role("button", name="Play").click()  # from the beginning, to its end
    await expect(page.locator("#when")).to_contain_text("10:14:00")
    await expect(page.locator("#play")).to_have_attribute("aria-pressed", "false")

    await page.get_by_role("button", name="Make MP4").click()
    await expect(page.locator('[data-state="done"]')).to_have_count(1)
    await page.locator("video").evaluate("film => { film.preload = 'auto'; film.load(); }")
    await eventually(lambda: page.locator("video").evaluate("film => film.duration > 0.1"))
    assert await looks.faults(page, "light", "dark") == []
    await page.get_by_role("button", name="Delete").click()
    await expect(page.locator("#films")).to_be_hidden()


async def has_day(page: Page) -> bool:
    await page.goto(page.url.split("?")[0] + "?node=barn&day=2023-11-14&tz=UTC")
    return await page.locator("#scrub[max='2']").count() == 1


async def test_the_grid_holds_still_under_a_pointer(
    open_page: Open, mqtt_settings: Callable[[str], Broker]
) -> None:
    page = await open_page("/")
    await is_live(page)
    await send(mqtt_settings, 1, 2)
    await expect(cards(page)).to_have_count(2)
    await cards(page).first.hover()

    await send(mqtt_settings, 3)

    await expect(page.locator("#pill")).to_have_text("1 new picture")
    await expect(cards(page)).to_have_count(2)
    await page.mouse.move(5, 5)
    await expect(cards(page)).to_have_count(3)
    await expect(page.locator("#pill")).to_be_hidden()


async def test_back_leads_to_the_card_far_down(
    open_page: Open, mqtt_settings: Callable[[str], Broker]
) -> None:
    page = await open_page("/nodes")
    await is_live(page)
    await send(mqtt_settings, *range(130))

    async def all_there() -> bool:
        answer = await page.request.get(page.url.replace("/nodes", "/api/images?limit=200"))
        return len((await answer.json())["images"]) == 130

    await eventually(all_there)
    await page.goto(page.url.replace("/nodes", "/"))
    wanted = page.locator('[data-id="barn:1700000000019"]')

    async def shown() -> bool:
        await page.evaluate("scrollTo(0, document.body.scrollHeight)")
        return bool(await wanted.count())

    await eventually(shown)
    await wanted.click()
    await page.keyboard.press("i")
    await expect(page.locator(".story")).to_be_visible()

    await page.go_back()

    await expect(wanted).to_be_in_viewport()
    await expect(wanted).to_be_focused()


async def brightness(page: Page) -> float:
    colour = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(int(part) for part in colour.strip("rgb()").split(",")) / 3


async def test_it_is_light_by_day_and_dark_by_night(open_page: Open) -> None:
    page = await open_page("/", color_scheme="light")
    assert await brightness(page) > 200

    await page.emulate_media(color_scheme="dark")
    assert await brightness(page) < 60


@pytest.mark.usefixtures("garden")
async def test_nothing_sticks_out_on_a_phone_or_is_out_of_anybodys_reach(
    open_page: Open, mqtt_settings: Callable[[str], Broker]
) -> None:
    await send(mqtt_settings, 1)
    page = await open_page("/nodes", viewport={"width": 360, "height": 780})
    await expect(page.locator('.node[data-node="garden"]')).to_be_visible()
    nodes = page.url
    found: list[str] = []
    for path in ("/", "/?q=node:barn+lux:bright", "/images/barn:1700000000001", "/nodes",
                 "/nodes/garden", "/live", "/events", "/days?month=2023-11"):  # fmt: skip
        await page.goto(nodes.replace("/nodes", path))
        if "?" not in path:
            await is_live(page)

        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        found += [f"{path}: {each}" for each in await looks.faults(page, "light", "dark")]
    assert not found, "\n".join(found)


async def test_without_javascript_there_are_pictures_and_filters(
    open_page: Open, mqtt_settings: Callable[[str], Broker]
) -> None:
    await send(mqtt_settings, 1, lux=5)
    await send(mqtt_settings, 2, lux=500)
    page = await open_page("/", java_script_enabled=False)

    async def shows_both() -> bool:
        await page.reload()
        return bool(await cards(page).count() == 2)

    await eventually(shows_both)
    await page.locator("summary").click()
    await page.locator("input[name=lux_min]").fill("100")
    await page.get_by_role("button", name="Show").click()

    await expect(cards(page)).to_have_count(1)
    assert page.url.endswith("/?lux=100..")
    await page.get_by_role("link", name="from 100 lx").click()
    await expect(cards(page)).to_have_count(2)


async def test_keep_stays_pressed_until_it_is_pressed_again(
    open_page: Open, mqtt_settings: Callable[[str], Broker]
) -> None:
    page = await open_page("/")
    await is_live(page)
    await send(mqtt_settings, 1)
    await cards(page).first.click()
    await page.get_by_role("button", name="All about it").click()
    keep = page.get_by_role("button", name="Keep")

    await keep.click()

    kept = page.get_by_role("button", name="Kept", pressed=True)
    await expect(kept).to_be_visible()
    await expect(page.locator("#life")).to_contain_text("stays until it is deleted")
    await page.reload()
    await kept.click()

    await expect(page.get_by_role("button", name="Keep", pressed=False)).to_be_visible()
    await expect(page.locator("#life")).to_contain_text("goes by itself")
