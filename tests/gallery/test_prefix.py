"""The gallery under a path prefix: every link of every page stays under it and leads somewhere."""

import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import aiohttp
import pytest

from lookout.store.events import Events, NewEvent
from lookout.store.nodes import Nodes
from tests.gallery.conftest import StartGallery, Web
from tests.gallery.filming import filming
from tests.support.waiting import eventually

NOON = 1_700_000_000_000
PREFIX = "/home/lookout"
PASSWORD = "correct horse"
HERE = ("127.0.0.1",)
Store = Callable[..., Awaitable[Any]]

# How proxies do it: whether they take the prefix away, what they say, what the gallery is told.
WAYS: dict[str, tuple[bool, dict[str, str], dict[str, Any]]] = {
    "a setting": (False, {}, {"prefix": PREFIX}),
    "a setting, and a proxy that takes it away": (True, {}, {"prefix": PREFIX}),
    "X-Forwarded-Prefix": (True, {"X-Forwarded-Prefix": PREFIX}, {"trusted_proxies": HERE}),
    "X-Ingress-Path": (True, {"X-Ingress-Path": PREFIX + "/"}, {"trusted_proxies": HERE}),
    "Home Assistant": (True, {"X-Ingress-Path": PREFIX}, {"ingress": HERE}),
}


class Behind:
    """Asks a gallery for paths as a browser before its proxy does."""

    def __init__(self, web: Web, way: str) -> None:
        self._web = web
        self._takes_away, self._headers, _ = WAYS[way]

    def request(self, method: str, path: str, **options: Any) -> Any:
        assert path == PREFIX or path.startswith(f"{PREFIX}/"), f"{path} is outside of {PREFIX}"
        headers = {**self._headers, **options.pop("headers", {})}
        path = (path.removeprefix(PREFIX) or "/") if self._takes_away else path
        return self._web.request(method, path, headers=headers, allow_redirects=False, **options)

    def get(self, path: str) -> Any:
        return self.request("GET", path)


@pytest.fixture(params=WAYS)
async def behind(request: Any, start_gallery: StartGallery) -> Behind:
    """A gallery under the prefix, each way that there is."""
    return Behind(await start_gallery(**WAYS[request.param][2]), request.param)


class Links(HTMLParser):
    """The addresses in a page, but for those that a script fills in later."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(re.sub(r"<template.*?</template>", "", text, flags=re.DOTALL))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value for name, value in attrs if value}
        self.found |= {known[name] for name in ("href", "src", "action") if name in known}
        self.found |= {each.split()[0] for each in known.get("srcset", "").split(",") if each}


def addresses(value: Any, name: str = "") -> Iterator[str]:
    """The addresses in an answer of the API."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from addresses(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from addresses(inner, name)
    elif isinstance(value, str) and (name in {"instance"} or name.endswith("url")):
        yield value


def leads_to(content_type: str, text: str) -> set[str]:
    if content_type == "text/html":
        return Links(text).found
    if content_type.endswith("json"):
        return set(addresses(json.loads(text)))
    return set(re.findall(r'(?:url\(|from |import )"([^"]+)"', text))


OF_A_PART = 2


def parts_of(path: str) -> Iterator[str]:
    """The page, whatever picture it shows, and the page with each of its parameters."""
    page, _, query = path.partition("?")
    page = re.sub(r"[0-9]+", "0", page)
    yield page
    yield from (f"{page}?{each.partition('=')[0]}" for each in query.split("&") if each)


async def crawl(gallery: Behind, *begin: str) -> dict[str, int]:
    """Addresses that can be reached, with their status: each page and parameter a few times."""
    found: dict[str, int] = {}
    asked: Counter[str] = Counter()
    waiting = list(begin)
    while waiting:
        path = waiting.pop().partition("#")[0]
        parts = list(parts_of(path))
        enough = all(asked[part] >= OF_A_PART for part in parts)
        if not path or path in found or path.endswith("/logout") or enough:
            continue
        asked.update(parts)
        async with gallery.get(path) as answer:
            found[path] = answer.status
            waiting += [urljoin(path, url) for url in await following(answer)]
    return found


async def following(answer: aiohttp.ClientResponse) -> set[str]:
    if "Location" in answer.headers:
        return {answer.headers["Location"]}
    if answer.content_type.startswith(("image/", "multipart/")):
        return set()
    return leads_to(answer.content_type, await answer.text())


@pytest.mark.parametrize("behind", ["a setting", "Home Assistant"], indirect=True)
async def test_every_link_of_every_page_stays_under_the_prefix(
    behind: Behind, store: Store, redis: Any
) -> None:
    for number in range(61):
        await store("garden", NOON + number, trigger="command")
    event = NewEvent("01HF" + "0" * 22, "image_captured", "garden", NOON / 1000, "c", None,
                     json.dumps({"image_id": f"garden:{NOON}"}), "")  # fmt: skip
    await Events(redis).store(event, ttl=1000)
    begin = ["/", "", "/?lux_min=1&lux_max=", "/?node=garden&lux=1..2", "/login?next=/nodes",
             "/api/images", f"/api/images/garden:{NOON}", "/api/nodes", "/api/events",
             "/api/openapi.json"]  # fmt: skip
    async with filming(redis):
        found = await crawl(behind, *(PREFIX + path for path in begin))

    wrong = {path: status for path, status in found.items() if status not in {200, 303}}
    assert wrong == {}
    reached = {path.removeprefix(PREFIX).partition("?")[0] for path in found}
    assert {"/", "/nodes", "/nodes/garden", "/nodes/garden/live", "/live", "/events"} <= reached
    assert re.search(r"^/images/garden:\d+$", "\n".join(reached), re.MULTILINE)
    assert re.search(r"^/api/images/garden:\d+/data$", "\n".join(reached), re.MULTILINE)
    names = {path.rpartition("/")[2] for path in reached if path.startswith("/static/")}
    assert {"app.css", "grid.js", "api.js", "time.js", "chevron.svg", "icons.svg"} <= names


async def test_errors_lead_back_under_the_prefix(behind: Behind) -> None:
    async with behind.get(f"{PREFIX}/nowhere") as answer:
        assert answer.status == 404
        assert f'href="{PREFIX}/"' in await answer.text()
    async with behind.get(f"{PREFIX}/api/images/garden:1") as answer:
        assert (await answer.json(content_type=None))["instance"] == f"{PREFIX}/api/images/garden:1"


async def test_the_description_of_the_api_names_the_prefix(behind: Behind) -> None:
    async with behind.get(f"{PREFIX}/api/openapi.json") as answer:
        assert (await answer.json())["servers"] == [{"url": PREFIX}]


async def test_static_files_are_kept_by_the_browser(behind: Behind) -> None:
    async with behind.get(f"{PREFIX}/") as answer:
        style = next(url for url in Links(await answer.text()).found if url.endswith(".css"))
    async with behind.get(style) as answer:
        assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("way", WAYS)
async def test_the_stream_names_pictures_under_each_viewers_own_prefix(
    start_gallery: StartGallery, store: Store, way: str
) -> None:
    web = await start_gallery(**WAYS[way][2])
    behind = Behind(web, way)
    number = 0

    async def told() -> list[str]:
        nonlocal number
        number += 1
        await store("garden", NOON + number)
        return [line for line in lines if line.startswith("data:") and "thumb_url" in line]

    async with behind.get(f"{PREFIX}/api/stream") as answer:
        lines: list[str] = []

        async def more() -> bool:
            await told()
            lines.append((await answer.content.readuntil(b"\n\n")).decode())
            return "thumb_url" in lines[-1]

        await eventually(more)

    image = json.loads(lines[-1].partition("data: ")[2])
    assert image["url"] == f"{PREFIX}/api/images/{image['id']}/data"


@pytest.mark.parametrize("way", [way for way in WAYS if "ingress" not in WAYS[way][2]])
async def test_login_and_logout_under_the_prefix(start_gallery: StartGallery, way: str) -> None:
    web = await start_gallery(password=PASSWORD, **WAYS[way][2])
    behind = Behind(web, way)

    async with behind.get(f"{PREFIX}/nodes?x=1") as answer:
        assert answer.headers["Location"] == f"{PREFIX}/login?next=/nodes?x%3D1"
    form = {"password": PASSWORD, "next": "/nodes"}
    async with behind.request("POST", f"{PREFIX}/login", data=form) as answer:
        assert answer.headers["Location"] == f"{PREFIX}/nodes"
        given = answer.cookies["lookout"]
        assert given["path"] == PREFIX
    cookie = {"Cookie": f"lookout={given.value}"}
    async with behind.request("GET", f"{PREFIX}/api/nodes", headers=cookie) as answer:
        assert answer.status == 200
    async with behind.request("POST", f"{PREFIX}/logout", headers=cookie) as answer:
        assert answer.headers["Location"] == f"{PREFIX}/login"
        assert (answer.cookies["lookout"].value, answer.cookies["lookout"]["path"]) == ("", PREFIX)


async def test_without_a_prefix_nothing_changes(gallery: Web, redis: Any, store: Store) -> None:
    await store("garden", NOON)
    await Nodes(redis).set_status("garden", "online", NOON / 1000)

    answer = await (await gallery.get("/api/images")).json()

    assert answer["images"][0]["url"] == f"/api/images/garden:{NOON}/data"
    assert 'href="/nodes"' in await (await gallery.get("/")).text()
    assert (await gallery.get("/lookout/")).status == 404
