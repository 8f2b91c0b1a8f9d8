"""Times as people type them, in the zone of who types them."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lookout.amounts.times import parse_time, parse_zone
from tests.gallery.conftest import Web

Store = Callable[..., Awaitable[Any]]
AUCKLAND, HONOLULU = ZoneInfo("Pacific/Auckland"), ZoneInfo("Pacific/Honolulu")


@pytest.mark.parametrize("zone", [AUCKLAND, HONOLULU, parse_zone("+05:30")])
def test_words_are_of_the_calendar_of_the_zone(zone: Any) -> None:
    def read(words: str) -> datetime:
        return datetime.fromtimestamp(parse_time(words, zone), zone)

    now = datetime.now(zone)
    assert abs(read("now") - now) < timedelta(seconds=5)
    assert read("today").time().isoformat() == "00:00:00"
    assert read("today").date() in {now.date(), datetime.now(zone).date()}
    assert read("today").date() - read("yesterday 22:00").date() == timedelta(days=1)
    assert read("Yesterday 22:00").hour == 22
    assert read("week").weekday() == 0
    clock = read("22:30")
    assert (clock.hour, clock.minute) == (22, 30)
    assert timedelta(0) <= datetime.now(zone) - clock <= timedelta(hours=26)


def test_a_time_without_a_zone_is_in_the_one_given() -> None:
    there = parse_time("2026-06-01T12:00", AUCKLAND)

    assert there == datetime(2026, 6, 1, 12, tzinfo=AUCKLAND).timestamp()
    assert parse_time("2026-06-01T12:00Z", AUCKLAND) - there == 12 * 3600  # UTC+12 in June


@pytest.mark.parametrize("words", ["24:00", "22:60", "tomorrow", "today yesterday", "", "2h ago"])
def test_what_is_no_time_is_refused_with_examples(words: str) -> None:
    with pytest.raises(ValueError, match="yesterday 22:00"):
        parse_time(words)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "Nowhere/Land", "+25:00", "", "/etc/localtime"]
)
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="Europe/Berlin"):
        parse_zone(name)


async def test_the_same_words_find_other_pictures_elsewhere(gallery: Web, store: Store) -> None:
    noon = datetime(2026, 6, 1, 12, tzinfo=AUCKLAND).timestamp()
    image = await store("garden", int(noon * 1000))
    asked = {"since": "2026-06-01T11:59", "until": "2026-06-01T12:01"}

    async def found(**more: str) -> list[str]:
        answer = await (await gallery.get("/api/images", params=asked | more)).json()
        return [each["id"] for each in answer["images"]]

    assert await found(tz="Pacific/Auckland") == [image.id]
    assert await found(tz="Pacific/Honolulu") == []
    assert await found(tz="+12:00") == [image.id]


async def test_a_zone_alone_is_no_filter(gallery: Web, store: Store) -> None:
    await store("garden", 1_700_000_000_000)

    body = {"filter": {"tz": "Europe/Berlin"}}
    assert (await gallery.post("/api/images/delete", json=body)).status == 400
    assert (await gallery.get("/api/images.zip?tz=Europe/Berlin")).status == 400
    shown = await gallery.get("/?since=&lux_min=5&tz=Europe/Berlin", allow_redirects=False)
    assert shown.headers["Location"] == "/?lux=5.."


async def test_a_bad_filter_loses_nothing_that_was_typed(gallery: Web) -> None:
    answer = await gallery.get("/?since=teatime&lux=a..b&node=porch")
    text = await answer.text()

    assert answer.status == 400
    assert 'name="since"' in text
    assert 'value="teatime"' in text
    assert 'value="a"' in text
    assert "yesterday 22:00" in text
    assert "write numbers as 100..120" in text
    assert "<details open>" in text
    assert "<option selected>porch</option>" in text
