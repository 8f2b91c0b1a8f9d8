"""The pages as the server renders them: they work without JavaScript."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from lookout.store import events
from lookout.store.events import Events, NewEvent
from lookout.store.nodes import Nodes
from services.gallery.pages.cards import freshness
from tests.gallery.conftest import Web

NOON = 1_700_000_000_000
Store = Callable[..., Awaitable[Any]]


async def page(gallery: Web, path: str, status: int = 200) -> str:
    answer = await gallery.get(path)
    text = await answer.text()
    assert answer.status == status, text
    assert answer.content_type == "text/html"
    return text


async def test_an_empty_gallery_says_how_to_send_the_first_picture(gallery: Web) -> None:
    for path in ("/", "/nodes"):
        text = await page(gallery, path)
        assert "mosquitto_pub" in text
        assert "lookout/NODE/image" in text
    assert "Nothing has happened yet" in await page(gallery, "/events")


async def test_the_grid_shows_pictures_and_a_link_to_the_next(gallery: Web, store: Store) -> None:
    for number in range(61):
        await store("garden", NOON + number, lux=1234.5, trigger="motion")

    first = await page(gallery, "/")

    assert first.count('class="card"') == 60
    assert "1,234 lx" in first or "1,235 lx" in first
    following = first.split('<p class="more"')[1].split('href="')[1].split('"')[0]
    assert (await page(gallery, following)).count('class="card"') == 1


async def test_the_form_without_javascript_leads_to_a_short_url(gallery: Web) -> None:
    query = "node=garden&trigger=&since=&until=&lux_min=100&lux_max=120&people_min=1&people_max="
    answer = await gallery.get(f"/?{query}", allow_redirects=False)

    assert answer.status == 303
    assert answer.headers["Location"] == "/?node=garden&lux=100..120&people=1.."


async def test_active_filters_can_be_taken_away_one_by_one(gallery: Web, store: Store) -> None:
    await store("garden", NOON)

    text = await page(gallery, "/?node=garden&node=barn&lux=..5")

    assert "up to 5 lx" in text
    assert 'href="/?lux=..5&amp;node=barn"' in text
    assert 'href="/?node=garden&amp;node=barn"' in text
    assert "No picture matches" in text


async def test_a_bad_filter_is_a_page_that_says_what_is_allowed(gallery: Web) -> None:
    text = await page(gallery, "/?lux=a..b", status=400)

    assert "<code>lux = a..b</code>: write numbers as 100..120" in text


async def test_the_picture_page_shows_what_is_known_with_units(gallery: Web, store: Store) -> None:
    meta = '{"exposure_us": 8000, "gain": 2.5, "colour_temperature": 5200, "note": "<b>"}'
    image = await store("garden", NOON, lux=110.0, temperature=-3.25, meta=meta)

    text = await page(gallery, f"/images/{image.id}")

    for value in ("110 lx", "-3.2 °C", "64 × 48 pixels", "1/125 s", "2.5×", "5,200 K"):  # noqa: RUF001
        assert f"<dd>{value}</dd>" in text
    assert "<dd>&lt;b&gt;</dd>" in text


async def test_what_was_seen_is_framed_on_the_picture_and_on_its_card(
    gallery: Web, store: Store
) -> None:
    boxes = "[[0, 25, 50, 50], [90, 90, 20, 20], [1, 2], null]"
    image = await store("garden", NOON, people=1, boxes=boxes, labels="person,<dog>,cat")
    await store("barn", NOON, people=0, boxes="[]", labels="")

    page_of_it = await page(gallery, f"/images/{image.id}")
    grid = await page(gallery, "/")

    for text, fit in ((page_of_it, "meet"), (grid, "slice")):
        assert text.count('<svg class="boxes"') == 1
        (drawing,) = re.findall(r'<svg class="boxes".*?</svg>', text, re.DOTALL)
        assert f'viewBox="0 0 64 48" preserveAspectRatio="xMidYMid {fit}"' in drawing
        assert 'data-kind="person"><rect x="0.0" y="12.0" width="32.0" height="24.0">' in drawing
        assert 'data-kind="thing"><rect x="57.6" y="43.2" width="6.4" height="4.8">' in drawing
        assert drawing.count("<rect") == 2
        assert "&lt;dog&gt;" in drawing
    assert "shows-boxes" in page_of_it  # also without a script
    assert "shows-boxes" not in grid


async def test_the_picture_page_leads_to_its_neighbours_of_the_same_node(
    gallery: Web, store: Store
) -> None:
    for number in range(3):
        await store("garden", NOON + number)
        await store("barn", NOON + number)

    text = await page(gallery, f"/images/garden:{NOON + 1}")

    assert f'aria-label="Next picture of garden" href="/images/garden:{NOON}"' in text
    assert f'aria-label="Previous picture of garden" href="/images/garden:{NOON + 2}"' in text
    newest = await page(gallery, f"/images/garden:{NOON + 2}")
    assert 'aria-label="Previous picture of garden" hidden' in newest


async def told(redis: Any, number: int, event_type: str, context: str, parent: str | None,
               data: str = "{}") -> None:  # fmt: skip
    at = NOON / 1000 + number
    event = NewEvent(f"01HF{number:022}", event_type, "garden", at, context, parent, data, "")
    await Events(redis).store(event, ttl=1000)


async def test_the_picture_page_tells_who_asked_for_it(
    gallery: Web, store: Store, redis: Any
) -> None:
    image = await store(
        "garden", NOON, trigger="command", context_id="picture", parent_id="command"
    )
    await told(redis, -9, "trigger_fired", "automation", None)
    await told(redis, -8, "light_changed", "command", "automation")
    called = '{"service": "capture", "asked_by": "automation.front_door"}'
    await told(redis, -7, "command_called", "called", "command", called)
    await told(redis, 1, "image_captured", "picture", "command", f'{{"id": "{image.id}"}}')
    await told(redis, 2, "image_captured", "other", "command", '{"id": "garden:1"}')
    await told(redis, 3, "person_detected", "seen", "picture")

    text = await page(gallery, f"/images/{image.id}")

    story = text.split("Who asked for it")[1]
    steps = [
        "A trigger of garden fired",
        "The light changed at garden",
        "Command “capture” was called on garden",
        "asked by automation “front door”",
        "garden took the picture",
        "The hub stored it",
        "0.25 s after it was taken",
        "A person was seen by garden",
    ]
    places = [story.index(step) for step in steps]
    assert places == sorted(places)
    assert story.count("took the picture") == 1


async def test_what_a_cause_led_to_is_told_whole_or_is_said_to_go_on(
    gallery: Web, store: Store, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "RELATED_PAGE", 20)
    monkeypatch.setattr(events, "MOST_RELATED", 80)
    image = await store("garden", NOON, context_id="picture", parent_id="command")
    for number in range(70):  # one command, many pictures
        await told(redis, number, "image_captured", f"c{number}", "command", '{"id": "garden:1"}')
    await told(redis, 70, "person_detected", "seen", "picture")
    story = (await page(gallery, f"/images/{image.id}")).split("Who asked for it")[1]
    assert "A person was seen by garden" in story
    assert "There is more" not in story
    for number in range(71, 90):
        await told(redis, number, "image_captured", f"c{number}", "command", '{"id": "garden:1"}')
    story = (await page(gallery, f"/images/{image.id}")).split("Who asked for it")[1]
    assert '<a href="/events?context=command">' in story.split("There is more")[1]


async def test_a_picture_that_nobody_asked_for_says_what_triggered_it(
    gallery: Web, store: Store
) -> None:
    image = await store("garden", NOON, trigger="interval")

    text = await page(gallery, f"/images/{image.id}")

    assert "The node&#39;s own timer asked for it" in text


async def test_the_nodes_page_shows_each_node(gallery: Web, store: Store, redis: Any) -> None:
    await store("garden", NOON)
    await Nodes(redis).set_status("garden", "online", NOON / 1000)
    info = '{"interval": 5, "spool_depth": 12, "version": "9.9", "camera": "imx708"}'
    await Nodes(redis).set_info("garden", info, NOON / 1000)

    for path in ("/nodes", "/nodes/garden"):
        text = await page(gallery, path)
        assert 'data-status="online"' in text
        assert 'data-freshness="old"' in text
        assert "12 pictures wait in its spool" in text
        assert "imx708 · every 5 s · spool 12 · v9.9" in text


async def test_unknown_nodes_and_pages_are_plain_pages(gallery: Web) -> None:
    assert "There is no node gate" in await page(gallery, "/nodes/gate", 404)
    assert "nothing at this address" in await page(gallery, "/nowhere", 404)
    assert "There is no image" in await page(gallery, "/images/garden:1", 404)


async def test_what_a_node_says_of_itself_is_escaped(gallery: Web, redis: Any) -> None:
    hostile = '{"camera": "<img src=x onerror=alert(1)>", "version": "</script>"}'
    await Nodes(redis).set_info("garden", hostile, NOON / 1000)

    text = await page(gallery, "/nodes")

    assert "<img src=x" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text


async def test_what_people_search_for_is_escaped(gallery: Web) -> None:
    text = await page(gallery, '/events?q="><script>alert(1)</script>')

    assert "<script>alert" not in text


async def test_pages_hold_no_inline_script_or_style(gallery: Web, store: Store) -> None:
    image = await store("garden", NOON)
    for path in ("/", f"/images/{image.id}", "/nodes", "/nodes/garden", "/events"):
        text = await page(gallery, path)
        assert "style=" not in text
        assert " onclick" not in text
        for tag in text.split("<script")[1:]:
            assert tag.startswith(' type="module" src="/static/')


@pytest.mark.parametrize(
    ("age", "interval", "expected"),
    [(9, 5, "fresh"), (11, 5, "late"), (26, 5, "old"), (10**6, 0, "fresh")],
)
def test_the_age_of_the_last_picture_is_judged_by_the_nodes_own_interval(
    age: float, interval: float, expected: str
) -> None:
    assert freshness(1000.0, interval, 1000.0 + age) == expected
    assert freshness(None, interval, 1000.0) == "none"


async def test_the_nodes_that_need_a_look_come_first_and_say_why(gallery: Web, redis: Any) -> None:
    nodes = Nodes(redis)
    for name, status in (("alpha", "online"), ("beta", "offline"), ("gamma", "online")):
        await nodes.set_status(name, status, NOON / 1000)
    await nodes.set_silent("gamma", silent=True)

    text = await page(gallery, "/nodes")

    order = [part.split('"')[0] for part in text.split('class="node" data-node="')[1:]]
    assert order == ["beta", "gamma", "alpha"]
    assert "It is offline" in text
    assert "It is silent" in text
