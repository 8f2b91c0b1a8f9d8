"""The day bar: months, days and hours of the reader's zone."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lookout.amounts.times import parse_time, parse_zone
from services.gallery.pages import calendar
from tests.gallery.conftest import Web

BERLIN, KATHMANDU = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu")
JUNE = date(2026, 6, 1)


def at(text: str, zone: Any = BERLIN) -> float:
    return parse_time(text, zone)


def test_a_month_has_its_days_with_their_pictures() -> None:
    counts = {at("2026-06-01T00:00"): 1, at("2026-06-01T23:00"): 3, at("2026-06-30T12:00"): 40}

    june = calendar.month(JUNE, counts, BERLIN, date(2026, 6, 30))

    assert (june.name, june.lead, len(june.days), june.total) == ("June 2026", 0, 30, 44)
    assert [(day.count, day.level) for day in june.days if day.count] == [(4, 1), (40, 4)]
    assert [day.since for day in june.days if day.is_chosen] == ["2026-06-30"]
    assert june.days[-1].until == "2026-07-01"


def test_a_day_has_its_hours_by_the_clock() -> None:
    counts = {at("2026-06-01T22:00"): 5, at("2026-06-01T23:00"): 10, at("2026-06-02T00:00"): 9}

    hours = calendar.hours(JUNE, counts, BERLIN)

    assert [(hour.name, hour.count, hour.level) for hour in hours if hour.count] == [
        ("22:00", 5, 5),
        ("23:00", 10, 10),
    ]
    assert (hours[22].since, hours[22].until) == ("2026-06-01T22:00", "2026-06-01T23:00")
    assert hours[23].until == "2026-06-02"


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_days_of_23_and_25_hours_are_whole(day: date) -> None:
    begin = calendar.begin(day, BERLIN)
    length = round((calendar.begin(day + timedelta(days=1), BERLIN) - begin) / 3600)
    counts = {begin + number * 3600: 1 for number in range(length)}

    assert length in {23, 25}
    assert sum(hour.count for hour in calendar.hours(day, counts, BERLIN)) == length
    month = calendar.month(day.replace(day=1), counts, BERLIN, None)
    assert month.days[day.day - 1].count == length


def test_a_zone_of_quarter_hours_is_counted_in_quarters() -> None:
    assert calendar.width(JUNE, BERLIN) == 3600
    assert calendar.width(JUNE, KATHMANDU) == 900
    assert calendar.width(JUNE, parse_zone("+05:30")) == 900


def test_the_month_is_that_of_the_search() -> None:
    assert calendar.first_of("2026-02", None, BERLIN) == date(2026, 2, 1)
    assert calendar.first_of(None, at("2026-05-31T23:30", ZoneInfo("UTC")), BERLIN) == JUNE
    assert calendar.first_of("0001-01", None, BERLIN).year == 1970
    assert calendar.first_of(None, None, BERLIN) == datetime.now(BERLIN).date().replace(day=1)
    assert calendar.chosen_day(at("2026-06-01"), at("2026-06-02"), BERLIN) == JUNE
    assert calendar.chosen_day(at("2026-06-01T22:00"), at("2026-06-02T04:00"), BERLIN) is None


async def test_days_are_counted_in_the_zone_of_who_asks_and_lead_to_their_pictures(
    gallery: Web, store: Callable[..., Awaitable[Any]]
) -> None:
    for number, text in enumerate(("2026-06-01T00:30", "2026-06-01T22:15", "2026-06-02T11:30")):
        await store("garden", int(at(text) * 1000) + number, context_id="one", lux=5)
    for text in ("2026-06-01T09:00", "2025-12-24T18:00"):
        await store("barn", int(at(text) * 1000))

    asked = {"by": "day", "tz": "Europe/Berlin", "q": "node:garden"}
    counts = await (await gallery.get("/api/images/counts", params=asked)).json()
    assert [(each["timestamp"], each["count"]) for each in counts["counts"]] == [
        (at("2026-06-01"), 2),
        (at("2026-06-02"), 1),
    ]
    assert counts["total"] == 3
    asked = {"context": "one", "tz": "Pacific/Honolulu", "by": "day"}
    there = await (await gallery.get("/api/images/counts", params=asked)).json()
    assert [each["count"] for each in there["counts"]] == [1, 2]

    text = await (
        await gallery.get("/days?node=garden&since=2026-06-01&until=2026-06-02&tz=Europe/Berlin")
    ).text()

    assert "Monday, 1 June: 2 pictures" in text
    assert '22:00: 1 picture"' in text
    link = (
        "/?node=garden&amp;since=2026-06-01T22:00&amp;until=2026-06-01T23:00&amp;tz=Europe/Berlin"
    )
    assert f'href="{link}"' in text
    shown = await (await gallery.get(link.replace("&amp;", "&"))).text()
    assert shown.count('class="card"') == 1
    assert "data-month" not in text
    every = await (await gallery.get("/days?month=2026-06&tz=Europe/Berlin")).text()
    assert 'href="/days?month=2025-12&amp;tz=Europe/Berlin" data-month' in every
    assert (await gallery.get("/days?month=2026-13")).status == 400
