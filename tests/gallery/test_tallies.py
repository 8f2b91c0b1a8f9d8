"""Counts of pictures for the pages: once for all who look in a while."""

import asyncio
from typing import Any, cast

import pytest

from lookout.amounts.ranges import Range
from lookout.store.errors import StoreAway
from lookout.store.images import Images
from lookout.store.search import Query
from services.gallery.pages.tallies import Tallies


class Counting:
    """A store that counts how often it is asked, and may be away."""

    def __init__(self) -> None:
        self.asked = 0
        self.away = False

    async def histogram(self, _query: Query, _width: int) -> dict[float, int]:
        self.asked += 1
        await asyncio.sleep(0)
        if self.away:
            raise StoreAway("Redis is away")
        return {0.0: self.asked}


def tallies(seconds: float) -> tuple[Counting, Tallies]:
    store = Counting()
    return store, Tallies(cast(Images, store), seconds=seconds)


async def test_all_who_ask_at_once_and_soon_after_share_a_count() -> None:
    store, counts = tallies(1000)
    asked: list[Any] = [counts.of(Query(), None, 3600) for _ in range(5)]

    assert await asyncio.gather(*asked) == [{0.0: 1}] * 5
    assert await counts.of(Query(), None, 3600) == {0.0: 1}
    assert await counts.of(Query(ranges={"lux": Range(1, 2)}), None, 3600) == {0.0: 2}
    assert await counts.of(Query(), None, 900) == {0.0: 3}
    assert store.asked == 3
    await counts.close()


async def test_what_is_old_or_failed_is_counted_anew() -> None:
    store, counts = tallies(0)
    assert await counts.of(Query(), None, 3600) == {0.0: 1}
    assert await counts.of(Query(), None, 3600) == {0.0: 2}
    store, counts = tallies(1000)
    store.away = True
    with pytest.raises(StoreAway):
        await counts.of(Query(), None, 3600)
    store.away = False
    assert await counts.of(Query(), None, 3600) == {0.0: 2}
