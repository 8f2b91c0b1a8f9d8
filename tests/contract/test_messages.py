"""What travels is checked at the edge; what is wrong is named."""

import json
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout.contract.commands import Command, parse_command
from lookout.contract.errors import BadMessage
from lookout.contract.events import parse_event
from lookout.contract.hub import parse_receipt
from lookout.contract.images import ImageMeta, image_id, split_image_id
from lookout.contract.nodes import parse_status
from lookout.contract.readings import Reading, parse_reading
from lookout.contract.wire import Context, new_id, time_of_id
from tests.contract.test_topics import nodes, words

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@given(nodes, st.integers(0, 10**14))
def test_image_ids_parse_back(node: str, milliseconds: int) -> None:
    assert split_image_id(image_id(node, milliseconds)) == (node, milliseconds)


@pytest.mark.parametrize("bad", ["", "garden", "garden:", "garden:x", "a/b:1", "garden:1.5", ":1"])
def test_what_is_no_image_id_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match=r"id|node name"):
        split_image_id(bad)


@given(
    nodes,
    st.integers(0, 10**13),
    st.floats(0, 1e6),
    st.dictionaries(st.text(max_size=5), json_values, min_size=1, max_size=3),
)
def test_image_properties_come_back_as_they_went(
    node: str, milliseconds: int, lux: float, meta: dict[str, object]
) -> None:
    sent = ImageMeta(
        id=image_id(node, milliseconds),
        timestamp=milliseconds / 1000,
        lux=lux,
        width=1,
        trigger="motion",
        meta=meta,
    )
    assert ImageMeta.from_properties(sent.to_properties()) == sent


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lux", "NaN"),
        ("lux", "-1"),
        ("lux", "bright"),
        ("lux", "inf"),
        ("temperature", "-300"),
        ("timestamp", "yesterday"),
        ("timestamp", "nan"),
        ("width", "0"),
        ("id", "../etc/passwd"),
        ("id", "Garden:5"),
        ("trigger", "rm -rf"),
        ("context_id", "<script>"),
        ("meta", "[1,2]"),
        ("meta", "{not json"),
    ],
)
def test_a_wrong_property_is_refused_by_name_and_value(name: str, value: str) -> None:
    with pytest.raises(BadMessage) as caught:
        ImageMeta.from_properties({name: value})
    assert name in str(caught.value)


@given(st.binary(max_size=64))
def test_any_payload_is_parsed_or_refused(payload: bytes) -> None:
    for parse in (
        parse_reading,
        parse_receipt,
        parse_status,
        lambda data: parse_command("capture", data, {}),
        lambda data: parse_event(data, event_type="motion_started"),
    ):
        try:
            parse(payload)
        except BadMessage:
            continue


@given(st.dictionaries(st.text(max_size=12), json_values, max_size=5))
def test_any_json_object_is_a_reading_or_refused(body: dict[str, object]) -> None:
    try:
        reading = parse_reading(json.dumps(body).encode())
    except BadMessage:
        return
    assert all(math.isfinite(value) for value in reading.metrics.values())


def test_a_reading_carries_any_metric_and_refuses_impossible_values() -> None:
    reading = parse_reading(b'{"timestamp": 5, "lux": 12, "soil_moisture": 0.3}')
    assert reading.metrics == {"lux": 12.0, "soil_moisture": 0.3}
    with pytest.raises(BadMessage, match="lux = -3"):
        parse_reading(b'{"lux": -3}')
    with pytest.raises(BadMessage, match="name"):
        parse_reading(b'{"Lux value": 3}')


@pytest.mark.parametrize("payload", [b"", b"PRESS", b"{}"])
def test_nothing_press_and_an_empty_object_are_commands_without_arguments(payload: bytes) -> None:
    command = parse_command("capture", payload, {})
    assert (command.arguments, command.at, command.ttl) == ({}, None, None)


@given(
    words.filter(lambda word: word != "set"),
    st.dictionaries(words, st.integers(-(2**63) + 1, 2**63 - 1), max_size=3),
)
def test_commands_come_back_as_they_went(service: str, arguments: dict[str, int]) -> None:
    for reserved in ("id", "at", "ttl", "context", "context_id", "parent_id", "asked_by"):
        arguments.pop(reserved, None)
    own = {"id": new_id(), "at": 5.0, "ttl": 2.0, "asked_by": "Anna, by the door"}
    sent = Command(service=service, arguments=dict(arguments), **own)
    assert parse_command(service, sent.encode(), {}) == sent


@pytest.mark.parametrize("field", ["ttl", "at"])
@pytest.mark.parametrize("value", ["1e308", "-1e308", '"soon"', "[]"])
def test_a_time_that_no_clock_can_reach_is_refused_by_name(field: str, value: str) -> None:
    with pytest.raises(BadMessage, match=field):
        parse_command("capture", f'{{"{field}": {value}}}'.encode(), {})


def test_in_set_the_ttl_is_a_setting_and_never_the_commands_own() -> None:
    asked = parse_command("set", b'{"ttl": 3600, "quality": 50}', {})
    assert (asked.ttl, asked.arguments) == (None, {"ttl": 3600, "quality": 50})
    mortal = Command(service="set", ttl=30, arguments={"quality": 50})
    assert parse_command("set", mortal.encode(), {}).arguments == {"quality": 50}
    both = Command(service="set", ttl=30, arguments={"ttl": 3600})
    assert parse_command("set", both.encode(), {}).arguments == {"ttl": 3600}


def test_the_context_comes_from_the_body_or_from_user_properties() -> None:
    nested = parse_command("capture", b'{"context": {"id": "A", "parent_id": "B"}}', {})
    flat = parse_command("capture", b'{"context_id": "A", "parent_id": "B"}', {})
    properties = parse_command("capture", b"", {"context_id": "A", "parent_id": "B"})
    assert nested.context == flat.context == properties.context == Context(id="A", parent_id="B")


def test_who_asks_stands_in_the_body_or_in_a_user_property() -> None:
    for payload, properties in ((b'{"asked_by": "x.y"}', {}), (b"", {"asked_by": "x.y"})):
        command = parse_command("capture", payload, properties)
        assert (command.asked_by, command.arguments) == ("x.y", {})
    for bad in (b'{"asked_by": "two\\nlines"}', b'{"asked_by": 5}'):
        with pytest.raises(BadMessage, match="asked_by"):
            parse_command("capture", bad, {})


@pytest.mark.parametrize("payload", [b"[1]", b"1", b'"x"', b"{", b'{"at": "soon"}', b'{"ttl": -1}'])
def test_a_bad_command_is_refused(payload: bytes) -> None:
    with pytest.raises(BadMessage):
        parse_command("capture", payload, {})


def test_the_time_to_live_counts_from_at_or_from_the_time_inside_the_id() -> None:
    now = time.time()
    assert Command(service="x", at=100.0, ttl=5).expires_at(now) == 105.0
    sent = Command(service="x", id=new_id(), ttl=5).expires_at(now + 60)
    assert sent == pytest.approx(now + 5, abs=1)
    assert Command(service="x").expires_at(now) is None


def test_an_identifier_that_is_no_ulid_has_no_time() -> None:
    assert time_of_id("my-own-id") is None
    assert time_of_id(new_id()) == pytest.approx(time.time(), abs=1)


def test_an_event_must_be_of_the_type_its_topic_says() -> None:
    with pytest.raises(BadMessage, match="event_type"):
        parse_event(b'{"event_type": "other", "data": {}}', event_type="motion_started")


def test_a_bare_object_is_an_event_fired_now() -> None:
    event = parse_event(b'{"region": "door"}', event_type="doorbell")
    assert (event.event_type, event.data) == ("doorbell", {"region": "door"})
    assert event.timestamp == pytest.approx(time.time(), abs=2)


def test_an_event_has_the_same_ulid_each_time_it_is_delivered() -> None:
    payload = b'{"event_type":"x","data":{"a":1},"time_fired":"2026-01-01T00:00:00+00:00",'
    payload += b'"context":{"id":"A"}}'
    first, again = (parse_event(payload, event_type="x") for _ in range(2))
    assert first.ulid("lookout/a/event/x") == again.ulid("lookout/a/event/x")
    assert first.ulid("lookout/a/event/x") != first.ulid("lookout/b/event/x")


def test_messages_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Reading(timestamp=1.0).timestamp = 2.0  # type: ignore[misc]
