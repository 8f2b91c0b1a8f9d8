"""Our reading of a PUBLISH gives what paho's gives, property by property."""

import struct
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from paho.mqtt._packet import decode_publish
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.exception import MalformedPacket, MQTTException
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties, VariableByteIntegers

from lookout.bus.publish import Malformed, Publish, read_publish

NAMES = {  # paho's names of what may come once
    "payload_format": "PayloadFormatIndicator",
    "expiry": "MessageExpiryInterval",
    "content_type": "ContentType",
    "response_topic": "ResponseTopic",
    "correlation": "CorrelationData",
    "topic_alias": "TopicAlias",
}
BOM = "\ufeff"  # allowed by the standard (1.5.4), refused by paho: see the last test
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0" + BOM), max_size=9)
single = {
    "payload_format": st.integers(0, 1),
    "expiry": st.integers(0, 2**32 - 1),
    "content_type": texts,
    "response_topic": texts,
    "correlation": st.binary(max_size=9),
    "topic_alias": st.integers(1, 65_535),
}
publishes = st.builds(
    lambda **fields: Publish(**{**fields, "mid": fields["mid"] if fields["qos"] else 0}),
    topic=texts,
    payload=st.binary(max_size=40),
    qos=st.integers(0, 2),
    mid=st.integers(1, 65_535),
    dup=st.booleans(),
    retain=st.booleans(),
    user=st.lists(st.tuples(texts, texts), max_size=4),
    identifiers=st.lists(st.integers(1, 268_435_455), max_size=3),
    **{name: st.none() | values for name, values in single.items()},
)


def packed(publish: Publish) -> tuple[int, bytes]:
    """The packet as paho would send it: its first byte, and what follows the length."""
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    for name, value in ((NAMES[name], getattr(publish, name)) for name in NAMES):
        if value is not None:
            setattr(properties, name, value)
    if publish.user:
        properties.UserProperty = publish.user
    if publish.identifiers:
        properties.SubscriptionIdentifier = publish.identifiers
    topic = publish.topic.encode()
    body = struct.pack("!H", len(topic)) + topic
    if publish.qos:
        body += struct.pack("!H", publish.mid)
    body += properties.pack() + publish.payload  # type: ignore[no-untyped-call]
    return 0x30 | publish.dup << 3 | publish.qos << 1 | publish.retain, body


def ours(header: int, body: bytes) -> Publish | None:
    try:
        return read_publish(header, memoryview(body))
    except Malformed:
        return None


def pahos(header: int, body: bytes) -> Publish | None:
    """What paho reads; None where it would end the connection, or its caller would fail."""
    try:
        read = decode_publish(header, body, MQTTProtocolVersion.MQTTv5)
        topic = read.topic.decode()
    except (MalformedPacket, UnicodeDecodeError):
        return None
    if read.qos == 3:
        return None
    found: dict[str, Any] = {name: getattr(read.properties, NAMES[name], None) for name in NAMES}
    return Publish(
        topic,
        bytes(read.payload),
        read.qos,
        read.mid,
        read.dup,
        read.retain,
        getattr(read.properties, "UserProperty", []),
        getattr(read.properties, "SubscriptionIdentifier", []),
        **found,
    )


@given(publishes)
def test_what_paho_packs_is_read_as_paho_reads_it(publish: Publish) -> None:
    header, body = packed(publish)
    assert ours(header, body) == pahos(header, body) == publish


@given(publishes, st.data())
def test_a_damaged_packet_is_malformed_or_read_as_paho_reads_it(
    publish: Publish, data: st.DataObject
) -> None:
    header, body = packed(publish)
    damaged = bytearray(body)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, max(0, len(damaged) - 1)))
        damaged[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    check_alike(data.draw(st.integers(0x30, 0x3F) | st.just(header)), bytes(damaged))


@given(st.integers(0x30, 0x3F), st.binary(max_size=60))
@example(0x36, b"\x00\x01t\x00\x01\x00")  # QoS 3
@example(0x30, b"\x00\x01t\x80\x80\x80\x80\x00")  # a length of five bytes
@example(0x30, b"\x00\x01t\x05\x26\x00\x01a\x00")  # a name without its value
@example(0x30, b"\x00\x01t\x03\x21\x00\x01")  # a property of CONNECT
@example(0x30, b"\x00\x01t\x04\x01\x00\x01\x01")  # a property twice
@example(0x30, b"\x00\x01\xff\x00")  # a topic that is no UTF-8
@example(0x30, b"\x00\x01t\x02\x0b\x00")  # the identifier of no subscription
def test_bytes_of_any_kind_are_malformed_or_read_as_paho_reads_them(
    header: int, body: bytes
) -> None:
    check_alike(header, body)


def check_alike(header: int, body: bytes) -> None:
    """What both read is the same; what only paho reads is against the standard."""
    assume(BOM.encode() not in body)
    read, theirs = ours(header, body), pahos(header, body)
    assert read == theirs or (read is None and is_lenient(header, body))


def is_lenient(header: int, body: bytes) -> bool:
    """Whether paho read a property beyond the others' end, or a number that is not the shortest."""
    at = 2 + int.from_bytes(body[:2]) + (2 if header & 0x06 else 0)
    length, digits = VariableByteIntegers.decode(body[at:])  # type: ignore[no-untyped-call]
    alone = body[at : at + digits + length]
    try:
        Properties(PacketTypes.PUBLISH).unpack(alone)  # type: ignore[no-untyped-call]
    except (MQTTException, ValueError, IndexError, KeyError, struct.error):
        return True
    return len(alone) < digits + length or max(alone) > 127


@given(publishes)
def test_every_packet_that_ends_early_is_malformed(publish: Publish) -> None:
    header, body = packed(publish)
    head = len(body) - len(publish.payload)
    assert [end for end in range(head) if ours(header, body[:end]) is not None] == []


def test_a_byte_order_mark_does_not_end_the_connection_as_it_does_with_paho() -> None:
    header, body = packed(Publish("t", b"", 1, 7, False, False, [("lens", BOM)], []))
    assert pahos(header, body) is None
    read = ours(header, body)
    assert read is not None and read.user == [("lens", BOM)]


@pytest.mark.parametrize("size", [0, 1, 107_000])
def test_the_payload_is_a_copy_of_its_own(size: int) -> None:
    header, body = packed(Publish("t", bytes(size), 1, 7, False, False, [], []))
    buffer = bytearray(body)
    read = read_publish(header, memoryview(buffer))
    buffer[-1:] = b"x"
    assert read.payload == bytes(size)
