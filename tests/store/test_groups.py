"""Workers share a stream: each entry to one, again where that one died, parked when hopeless."""

import asyncio
from typing import Any

from lookout.store.groups import Group
from tests.support.waiting import eventually

STREAM, NAME = "images", "counters"


def worker(client: Any, number: int) -> Group:
    return Group(client, STREAM, NAME, f"worker-{number}")


async def add(client: Any, count: int) -> list[str]:
    return [
        (await client.xadd(STREAM, {"id": f"garden:{number}"})).decode() for number in range(count)
    ]


async def test_each_entry_goes_to_one_worker(client: Any) -> None:
    one, two = worker(client, 1), worker(client, 2)
    await one.join()
    ids = await add(client, 10)
    first, second = await one.read(6), await two.read(6)
    assert [each.id for each in [*first, *second]] == ids
    assert first[0].fields == {"id": "garden:0"}
    await one.done(first)
    assert await one.lag() == 4


async def test_joining_again_keeps_what_waits(client: Any) -> None:
    one = worker(client, 1)
    await one.join()
    await add(client, 3)
    await one.join()
    assert len(await one.read(10)) == 3


async def test_a_new_group_may_begin_with_what_is_there(client: Any) -> None:
    await add(client, 3)
    one = worker(client, 1)
    await one.join(from_start=True)
    assert len(await one.read(10)) == 3


async def test_what_a_dead_worker_had_goes_to_another_with_its_count(client: Any) -> None:
    one, two = worker(client, 1), worker(client, 2)
    await one.join()
    ids = await add(client, 3)
    await one.read(3)
    assert await two.claim(10, idle=3600) == []
    found = await two.claim(10, idle=0)
    assert [each.id for each in found] == ids
    assert {each.deliveries for each in found} == {2}
    await two.done(found)
    assert await one.claim(10, idle=0) == []
    assert await one.lag() == 0


async def test_what_nobody_can_handle_is_parked_with_its_reason(client: Any) -> None:
    one = worker(client, 1)
    await one.join()
    await add(client, 1)
    (entry,) = await one.read(1)
    await one.park(entry, "no picture at all")
    assert await one.lag() == 0
    ((_, fields),) = await client.xrange(f"parked:{STREAM}:{NAME}")
    assert fields[b"reason"] == b"no picture at all"
    assert fields[b"id"] == b"garden:0"


async def test_what_left_the_stream_meanwhile_is_let_go(client: Any) -> None:
    one = worker(client, 1)
    await one.join()
    await add(client, 2)
    await one.read(2)
    await client.xtrim(STREAM, maxlen=0, approximate=False)
    assert await one.claim(10, idle=0) == []
    assert await one.lag() == 0


async def test_reading_waits_for_the_next_entry(client: Any) -> None:
    one = worker(client, 1)
    await one.join()
    reading = asyncio.create_task(one.read(5, block=4000), name="reading")
    await eventually(lambda: client.xinfo_groups(STREAM))
    await add(client, 1)
    assert len(await reading) == 1
