"""`lookout images`: find pictures."""

import time
from collections.abc import AsyncIterator

import pytest

from lookout.host.settings import Redis
from lookout.store.client import opened
from lookout.store.images import Images, NewImage
from lookout.store.index import ensure_indexes
from tests.cli.conftest import Cli

NOW = round(time.time(), 3)


def picture(
    node: str, ago: float, lux: float, trigger: str = "interval", labels: str = "person"
) -> NewImage:
    taken = NOW - ago
    return NewImage(
        id=f"{node}:{round(taken * 1000)}",
        node=node,
        timestamp=taken,
        received_at=taken,
        width=640,
        height=480,
        data=b"x" * 12_345,
        told={"lux": lux, "temperature": 20.0, "trigger": trigger, "labels": labels},
    )


NEW = picture("garden", 60, 110, "command", "person,dog")
DARK = picture("garden", 3600, 5)
BARN = picture("barn", 7 * 3600, 115)


@pytest.fixture
async def stored(redis_url: str) -> AsyncIterator[None]:
    """Three pictures."""
    async with opened(Redis(url=redis_url)) as client:
        await ensure_indexes(client)
        await Images(client).store([NEW, DARK, BARN], ttl=600)
        yield


@pytest.mark.usefixtures("stored")
async def test_shows_the_newest_first(on_store: Cli) -> None:
    said = await on_store("images")
    first, second, third = said.out.splitlines()[-4:-1]
    assert NEW.id in first
    assert DARK.id in second
    assert BARN.id in third
    for shown in ("110", "20.0 °C", "command", "640x480", "12,345"):
        assert shown in first
    assert (said.code, said.err) == (0, "")


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (("--node", "garden"), [NEW, DARK]),
        (("--node", "garden", "--node", "barn"), [NEW, DARK, BARN]),
        (("--lux", "100..120"), [NEW, BARN]),
        (("--lux", "..5"), [DARK]),
        (("--temperature", "21.."), []),
        (("--since", "2h"), [NEW, DARK]),
        (("--until", "30m"), [DARK, BARN]),
        (("--trigger", "command"), [NEW]),
        (("--people", "1.."), []),
        (("--label", "cat", "--label", "dog"), [NEW]),
        (("--limit", "1"), [NEW]),
        (("node:garden", "lux:>100 since:2h"), [NEW]),
        (("lux:..115", "--lux", "110..", "sort:-lux"), [BARN, NEW]),
        (("lux:<5", "until:yesterday 22:00"), []),
    ],
    ids=lambda value: " ".join(value) if value and isinstance(value[0], str) else "",
)
async def test_every_filter_must_hold(
    on_store: Cli, filters: tuple[str, ...], found: list[NewImage]
) -> None:
    said = await on_store("images", *filters, "--json")
    assert [image["id"] for image in said.document["images"]] == [image.id for image in found]


@pytest.mark.usefixtures("stored")
async def test_json_gives_numbers_as_numbers_and_where_to_go_on(on_store: Cli) -> None:
    first = (await on_store("images", "--limit", "2", "--json")).document
    assert (first["images"][0]["lux"], first["images"][0]["width"]) == (110.0, 640)
    assert first["images"][0]["timestamp"] == NEW.timestamp
    rest = (await on_store("images", "--cursor", first["next"], "--json")).document
    assert [image["id"] for image in rest["images"]] == [BARN.id]
    assert rest["next"] is None


@pytest.mark.usefixtures("stored")
async def test_says_when_nothing_matches(on_store: Cli) -> None:
    said = await on_store("images", "--lux", "9000..")
    assert (said.code, said.out) == (0, "No picture matches.\n")


@pytest.mark.parametrize(
    ("wrong", "help_"),
    [
        (("--lux", "a..b"), "100..120"),
        (("--lux", "120..100"), "larger"),
        (("--temperature", "nan.."), "100..120"),
        (("--since", "someday"), "2h"),
        (("--until", "1750000000123"), "Unix seconds"),
        (("--node", "../etc"), "node name"),
        (("--trigger", "Motion!"), "starting with a letter"),
        (("--cursor", "xyz"), "next"),
        (("--limit", "0"), "greater than or equal to 1"),
        (("lxu:5",), "did you mean lux?"),
        (("since:1h", "--since", "2h"), "say it once"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
async def test_a_wrong_filter_names_itself_and_what_is_allowed(
    cli: Cli, wrong: tuple[str, ...], help_: str
) -> None:
    said = await cli("images", *wrong)
    assert (said.code, said.out) == (2, "")
    assert wrong[0] in said.err
    assert help_ in " ".join(said.err.replace("│", " ").split())
