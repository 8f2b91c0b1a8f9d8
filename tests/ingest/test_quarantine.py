"""Bad input: refused with a reason, quarantined, announced, and the next one goes through."""

from typing import Any

import pytest

from lookout.bus.session import Session
from lookout.contract.events import parse_event
from lookout.contract.hub import parse_receipt
from lookout.embedded.child import Child
from lookout.store import keys, quarantine
from tests.support.pictures import plain_jpeg
from tests.support.stored import hashes
from tests.support.waiting import eventually

TOPIC = "lookout/garden/image"


def claiming(width: int, height: int) -> bytes:
    """A JPEG whose header says another size than it has."""
    whole = plain_jpeg()
    at = whole.index(b"\xff\xc0") + 5
    return whole[:at] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + whole[at + 4 :]


BAD_BYTES = {
    "text": (b"not a picture", "not a JPEG"),
    "nothing": (b"", "not a JPEG"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(100), "not a JPEG"),
    "cut in its header": (plain_jpeg()[:300], "damaged"),
    "header only": (plain_jpeg()[:20] + b"\xff\xd9", "damaged"),
    "too large": (plain_jpeg() + bytes(250_000), "200000"),
    "bomb": (claiming(65_000, 65_000), "pixels"),
}
BAD_PROPERTIES = {
    "lux is nan": ({"lux": "NaN"}, "lux = 'NaN'"),
    "lux below zero": ({"lux": "-5"}, "lux = '-5'"),
    "another node's id": ({"id": "barn:1795213515000"}, "garden"),
    "id is a path": ({"id": "../../etc"}, "id = "),
}


async def refused(hub: Session, payload: bytes, properties: dict[str, str] | None = None) -> str:
    """Publish, and return the reason that the event tells."""
    events = hub.subscribe("lookout/garden/event/image_rejected")
    await hub.publish(TOPIC, payload, properties=properties)
    event = parse_event((await anext(events)).payload, event_type="image_rejected")
    hub.unsubscribe(events)
    return str(event.data["reason"])


async def next_one_goes_through(hub: Session, client: Any) -> None:
    await hub.publish(TOPIC, plain_jpeg())
    assert len(await eventually(lambda: hashes(client))) == 1


@pytest.mark.parametrize("name", BAD_BYTES)
async def test_bad_bytes_are_quarantined_and_do_not_block(
    name: str, ingest: Child, hub: Session, client: Any
) -> None:
    payload, words = BAD_BYTES[name]
    reason = await refused(hub, payload)
    assert words in reason
    ((_, entry),) = await client.xrange(keys.REJECTED_STREAM)
    assert entry[b"reason"].decode() == reason
    assert entry[b"topic"] == TOPIC.encode()
    assert entry[b"data"] == payload[: keys.REJECTED_BYTES]
    await next_one_goes_through(hub, client)


@pytest.mark.parametrize("name", BAD_PROPERTIES)
async def test_bad_properties_are_refused_by_name_and_named_in_the_receipt(
    name: str, ingest: Child, hub: Session, client: Any
) -> None:
    properties, words = BAD_PROPERTIES[name]
    receipts = hub.subscribe("lookout/garden/stored")
    sent = {"id": "garden:1795213515000", **properties}
    reason = await refused(hub, plain_jpeg(), sent)
    assert words in reason
    (rejection,) = parse_receipt((await anext(receipts)).payload).rejected
    assert (rejection.id, rejection.reason) == (sent["id"], reason)
    await next_one_goes_through(hub, client)


@pytest.mark.parametrize("node", ["Garden", "a.b", "x" * 300, "$x", "all", "hub"])
async def test_an_impossible_node_is_refused_in_the_name_of_the_hub(
    node: str, ingest: Child, hub: Session, client: Any
) -> None:
    events = hub.subscribe("lookout/hub/event/image_rejected")
    await hub.publish(f"lookout/{node}/image", plain_jpeg())
    event = parse_event((await anext(events)).payload, event_type="image_rejected")
    assert str(event.data["topic"]).startswith(f"lookout/{node}"[:100])
    assert not await client.smembers(keys.NODES)
    await next_one_goes_through(hub, client)


@pytest.mark.parametrize("payload", [b"[1]", b"{", b'{"lux": -1}', b'{"lux": NaN}', b'{"a b": 1}'])
async def test_a_bad_reading_is_refused_and_the_next_is_stored(
    payload: bytes, ingest: Child, hub: Session, client: Any
) -> None:
    events = hub.subscribe("lookout/garden/event/reading_rejected")
    await hub.publish("lookout/garden/reading", payload)
    await anext(events)
    assert await client.xlen(keys.REJECTED_STREAM) == 1
    await hub.publish("lookout/garden/reading", b'{"lux": 1}')
    await eventually(lambda: client.exists("node:garden"))


async def test_the_quarantine_is_bounded(ingest: Child, hub: Session, client: Any) -> None:
    for number in range(keys.REJECTED_STREAM_LENGTH + 20):
        await hub.publish(TOPIC, b"bad %d" % number)
    last = b"bad %d" % (keys.REJECTED_STREAM_LENGTH + 19)

    async def last_is_in() -> bool:
        newest = await client.xrevrange(keys.REJECTED_STREAM, count=keys.REJECTED_STREAM_LENGTH)
        return last in [entry[b"data"] for _, entry in newest]

    async def is_full() -> bool:
        return bool(await client.xlen(keys.REJECTED_STREAM) == keys.REJECTED_STREAM_LENGTH)

    await eventually(last_is_in, 30)
    await eventually(is_full)  # batches overlap: some before the last may come after it


async def test_what_redis_does_not_take_is_put_off_and_does_not_block(
    ingest: Child, hub: Session, client: Any
) -> None:
    receipts = hub.subscribe("lookout/garden/stored")
    await client.set("image:garden:1795213515000", "in the way: not a hash")
    named = {"id": "garden:1795213515000"}
    await hub.publish(TOPIC, plain_jpeg(), properties=named)
    receipt = parse_receipt((await anext(receipts)).payload)
    assert not receipt.rejected  # by which a node would let it go
    assert [each.id for each in receipt.later] == [named["id"]]
    assert "Redis refused it" in receipt.later[0].reason
    assert not await client.xlen(keys.REJECTED_STREAM)
    await client.delete("image:garden:1795213515000")
    await hub.publish(TOPIC, plain_jpeg(), properties=named)
    assert parse_receipt((await anext(receipts)).payload).ids == (named["id"],)


BEGUN = plain_jpeg()[:-200]
ODD_BYTES = {
    "much padding": (plain_jpeg() + bytes(150_000), plain_jpeg() + bytes(150_000), None),
    "a header before it": (b"HTTP/1.1 200 OK\r\n\r\n" + plain_jpeg(), plain_jpeg(), None),
    "no end mark": (plain_jpeg()[:-2], plain_jpeg()[:-2], b"1"),
    "its lower part missing": (BEGUN, BEGUN, b"1"),
    "the same with padding": (BEGUN + bytes(9_000), BEGUN + bytes(9_000), b"1"),
}


@pytest.mark.parametrize("name", ODD_BYTES)
async def test_what_can_be_shown_is_stored_and_what_is_missing_is_marked(
    name: str, ingest: Child, hub: Session, client: Any
) -> None:
    sent, stored, damaged = ODD_BYTES[name]
    await hub.publish(TOPIC, sent)
    (image,) = (await eventually(lambda: hashes(client))).values()
    assert image[b"image_data"] == stored
    assert image.get(b"damaged") == damaged
    assert image[b"width"] == b"64"
    assert not await client.xlen(keys.REJECTED_STREAM)


async def test_the_quarantine_is_bounded_in_bytes_too(client: Any) -> None:
    for number in range(12):
        await quarantine.add(
            client,
            topic=TOPIC,
            reason=f"reason {number}",
            data=bytes(keys.REJECTED_BYTES + number),
            properties={},
            received_at=float(number),
        )
    there = await quarantine.everything(client)
    assert there[0].reason == "reason 11" and not there[0].is_whole
    assert 4 <= len(there) < 12
    assert await client.memory_usage(keys.REJECTED_STREAM, samples=0) <= keys.REJECTED_TOTAL
