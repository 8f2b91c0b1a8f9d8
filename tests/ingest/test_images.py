"""Images from MQTT to Redis: as published, searchable, expiring, confirmed."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from lookout.bus.session import Session
from lookout.contract.hub import parse_receipt
from lookout.embedded.child import Child
from lookout.store import keys
from tests.support.pictures import numbered_jpeg, plain_jpeg
from tests.support.stored import hashes
from tests.support.waiting import eventually

FIRST = "lookout/garden/image"


async def only_image(client: Any) -> tuple[str, dict[str, bytes]]:
    """The key and fields of the one image there is, once there is one."""
    found: dict[str, dict[bytes, bytes]] = await eventually(lambda: hashes(client))
    ((key, fields),) = found.items()
    return key, {name.decode(): value for name, value in fields.items()}


async def test_an_image_is_stored_as_published(ingest: Child, hub: Session, client: Any) -> None:
    now = round(time.time(), 3)
    milliseconds = round(now * 1000)
    properties = {
        "id": f"garden:{milliseconds}",
        "timestamp": f"{now:.3f}",
        "lux": "110.5",
        "temperature": "21.5",
        "trigger": "motion",
        "context_id": "C1",
        "parent_id": "P1",
        "meta": '{"gain":1.5}',
    }
    await hub.publish(FIRST, plain_jpeg(), properties=properties)
    key, fields = await only_image(client)
    assert key == f"image:garden:{milliseconds}"
    assert fields.pop("image_data") == plain_jpeg()
    assert abs(float(fields.pop("received_at")) - now) < 10
    assert fields == {
        "node": b"garden",
        "timestamp": f"{now:.3f}".encode(),
        "mime_type": b"image/jpeg",
        "lux": b"110.5",
        "temperature": b"21.5",
        "width": b"64",
        "height": b"48",
        "size": str(len(plain_jpeg())).encode(),
        "trigger": b"motion",
        "context_id": b"C1",
        "parent_id": b"P1",
        "meta": b'{"gain":1.5}',
    }
    assert 0 < await client.ttl(key) <= keys.IMAGE_TTL


async def test_people_that_the_camera_itself_saw_are_fields_of_the_hash(
    ingest: Child, hub: Session, client: Any
) -> None:
    box, stamp = [10.5, 20, 30, 40], round(time.time() * 1000)
    said: list[dict[str, Any]] = [
        {"people": 1, "boxes": [box]},
        {"people": 2, "boxes": "of others"},
        {"people": "many", "boxes": [box]},
        {"people": True},
    ]
    for number, meta in enumerate(said):
        properties = {"id": f"garden:{stamp + number}", "meta": json.dumps(meta)}
        await hub.publish(FIRST, numbered_jpeg(number), properties=properties)
    stored = await eventually(lambda: all_stored(client, len(said)))
    seen = [
        {name: fields[name] for name in (b"people", b"boxes") if name in fields}
        for _, fields in sorted(stored.items())
    ]
    first = {b"people": b"1", b"boxes": b"[[10.5,20,30,40]]"}
    assert seen == [first, {b"people": b"2"}, {}, {}]


async def all_stored(client: Any, number: int) -> dict[str, dict[bytes, bytes]]:
    """The images, once there are so many."""
    found: dict[str, dict[bytes, bytes]] = await hashes(client)
    return found if len(found) == number else {}


async def test_it_is_confirmed_told_in_the_stream_and_noted_in_the_registry(
    ingest: Child, hub: Session, client: Any
) -> None:
    receipts = hub.subscribe("lookout/garden/stored")
    identifier = f"garden:{round(time.time() * 1000)}"
    await hub.publish(FIRST, plain_jpeg(), properties={"id": identifier})
    assert parse_receipt((await anext(receipts)).payload).ids == (identifier,)
    ((_, entry),) = await client.xrange(keys.IMAGES_STREAM)
    assert entry[b"id"] == identifier.encode()
    node = await client.hgetall("node:garden")
    assert (node[b"last_image"], node[b"images"]) == (identifier.encode(), b"1")


async def test_a_repeat_overwrites_itself_and_is_confirmed_again(
    ingest: Child, hub: Session, client: Any
) -> None:
    receipts = hub.subscribe("lookout/garden/stored")
    identifier = f"garden:{round(time.time() * 1000)}"
    for _ in range(3):
        await hub.publish(FIRST, plain_jpeg(), properties={"id": identifier})
        assert parse_receipt((await anext(receipts)).payload).ids == (identifier,)
    assert list(await hashes(client)) == [f"image:{identifier}"]
    assert await client.xlen(keys.IMAGES_STREAM) == 1
    assert await client.hget("node:garden", "images") == b"1"


async def test_repeats_in_one_batch_are_told_of_once(
    ingest: Child, hub: Session, client: Any
) -> None:
    identifier = f"garden:{round(time.time() * 1000)}"
    async with asyncio.TaskGroup() as group:
        for _ in range(30):
            group.create_task(hub.publish(FIRST, plain_jpeg(), properties={"id": identifier}))
    last = f"garden:{round(time.time() * 1000) + 1000}"
    await hub.publish(FIRST, plain_jpeg(), properties={"id": last})
    await eventually(lambda: _count(client, 2))
    assert await client.xlen(keys.IMAGES_STREAM) == 2
    assert await client.hget("node:garden", "images") == b"2"


async def test_a_kept_image_stays_kept_when_it_comes_again(
    ingest: Child, hub: Session, client: Any
) -> None:
    receipts = hub.subscribe("lookout/garden/stored")
    identifier = f"garden:{round(time.time() * 1000)}"
    await hub.publish(FIRST, plain_jpeg(), properties={"id": identifier})
    await anext(receipts)
    await client.persist(f"image:{identifier}")
    await hub.publish(FIRST, plain_jpeg(), properties={"id": identifier})
    await anext(receipts)
    assert await client.ttl(f"image:{identifier}") == -1


async def test_a_plain_jpeg_without_properties_is_a_valid_image(
    ingest: Child, hub: Session, client: Any
) -> None:
    before = time.time()
    await hub.publish("lookout/esp32/image", plain_jpeg(100, 80))
    key, fields = await only_image(client)
    assert before - 1 <= float(fields["timestamp"]) <= time.time() + 1
    assert key == f"image:esp32:{round(float(fields['timestamp']) * 1000)}"
    assert (fields["width"], fields["height"]) == (b"100", b"80")


async def test_plain_jpegs_of_one_millisecond_all_get_ids(
    ingest: Child, hub: Session, client: Any
) -> None:
    await asyncio.gather(
        *(hub.publish("lookout/esp32/image", numbered_jpeg(number)) for number in range(20))
    )

    async def all_there() -> bool:
        stored = {fields[b"image_data"] for fields in (await hashes(client)).values()}
        return stored == {numbered_jpeg(number) for number in range(20)}

    await eventually(all_there)


async def test_a_dated_image_without_id_sent_twice_is_stored_once(
    ingest: Child, hub: Session, client: Any
) -> None:
    properties = {"timestamp": f"{time.time():.3f}"}
    for _ in range(2):
        await hub.publish("lookout/esp32/image", plain_jpeg(), properties=properties)
    await hub.publish("lookout/esp32/image", numbered_jpeg(1), properties=properties)
    await eventually(lambda: _count(client, 2))
    assert await client.xlen(keys.IMAGES_STREAM) == 2


async def test_the_two_queries_of_old_find_the_images(
    ingest: Child, hub: Session, client: Any
) -> None:
    for number, lux in enumerate((90, 100, 110, 120, 130)):
        properties = {"id": f"garden:{1795213515000 + number}", "lux": str(lux)}
        properties["timestamp"] = str(time.time() - number)
        await hub.publish(FIRST, numbered_jpeg(number), properties=properties)
    await eventually(lambda: _count(client, 5))
    rest = ("RETURN", 3, "timestamp", "mime_type", "lux", "SORTBY", "timestamp", "DESC")
    newest = await client.execute_command("FT.SEARCH", "idx:images", "*", *rest, "LIMIT", 0, 9)
    assert newest[0] == 5
    assert newest[1] == b"image:garden:1795213515000"
    by_lux = await client.execute_command(
        "FT.SEARCH", "idx:images", "@lux:[100 120]", *rest, "LIMIT", 0, 9
    )
    assert by_lux[0] == 3
    assert by_lux[2][1::2][1:] == [b"image/jpeg", b"100"]


async def test_an_older_image_does_not_become_the_nodes_last(
    ingest: Child, hub: Session, client: Any
) -> None:
    now = round(time.time() * 1000)
    for milliseconds in (now, now - 3_600_000):
        properties = {"id": f"garden:{milliseconds}"}
        await hub.publish(FIRST, numbered_jpeg(milliseconds), properties=properties)
    await eventually(lambda: _count(client, 2))
    assert await client.hget("node:garden", "last_image") == f"garden:{now}".encode()


async def test_readings_are_stored_with_their_time_and_life(
    ingest: Child, hub: Session, client: Any
) -> None:
    now = round(time.time(), 3)
    body = f'{{"timestamp": {now}, "lux": 12.5, "soil": 0.25}}'
    await hub.publish("lookout/garden/reading", body)
    key = f"reading:garden:{round(now * 1000)}"
    fields = await eventually(lambda: client.hgetall(key))
    assert fields == {
        b"node": b"garden",
        b"timestamp": f"{now:.3f}".encode(),
        b"lux": b"12.5",
        b"soil": b"0.25",
    }
    assert 0 < await client.ttl(key) <= keys.READING_TTL


async def test_indexes_come_back_after_redis_was_emptied(
    service: Callable[..., Child], hub: Session, client: Any
) -> None:
    statuses = hub.subscribe("lookout/hub/ingest/status")
    service("ingest", {"lookout.hub.INDEX_SECONDS": 0.2})
    while (await anext(statuses)).payload != b"online":
        continue
    await client.flushall()

    async def indexed() -> bool:
        return b"idx:images" in await client.execute_command("FT._LIST")

    await eventually(indexed)


async def test_a_redis_that_cannot_tell_what_is_on_disk_is_confirmed_all_the_same(
    service: Callable[..., Child], hub: Session, client: Any, redis_url: str
) -> None:
    rights = ("on", ">limited", "~*", "&*", "+@all", "-waitaof")
    await client.execute_command("ACL", "SETUSER", "limited", *rights)
    place = redis_url.rpartition("@")[2]
    statuses = hub.subscribe("lookout/hub/ingest/status")
    receipts = hub.subscribe("lookout/garden/stored")
    service("ingest", LOOKOUT_REDIS__URL=f"redis://limited:limited@{place}")
    while (await anext(statuses)).payload != b"online":
        continue
    identifier = f"garden:{round(time.time() * 1000)}"
    await hub.publish(FIRST, plain_jpeg(), properties={"id": identifier})
    assert parse_receipt((await anext(receipts)).payload).ids == (identifier,)


async def _count(client: Any, number: int) -> bool:
    return len(await hashes(client)) == number
