"""The one way in is total: whatever the bytes are, there is a model or a BadMessage."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout.contract.decode import KINDS, Raw, decode
from lookout.contract.errors import BadMessage
from lookout.contract.limits import SHOWN
from lookout.contract.plain import json_value
from tests.support.examples import examples

KIND = st.sampled_from(sorted(KINDS))
WORDS = st.sampled_from(["x", "capture", "set", "motion_started", "", "../x", "\ud800", "é"])
TEXT = st.text(st.characters(exclude_categories=()), max_size=12)  # lone surrogates among them
NUMBERS = st.integers() | st.floats() | st.just(10**400)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
VALID: dict[str, bytes] = {
    "status": b"online",
    "hub_status": b"offline",
    "info": b'{"version":"1","resolution":[1280,720],"services":["set"],"started_at":1.5}',
    "hub_info": b'{"nodes":1,"nodes_online":1,"images":5,"events_today":0,"memory_used":12}',
    "image": b"",
    "reading": b'{"timestamp":1795213515.5,"lux":110,"water_temperature":4.5}',
    "event": b'{"event_type":"x","data":{"a":[1,{"b":"c"}]},'
    b'"time_fired":"2026-01-01T00:00:00+00:00","context":{"id":"01ARZ3NDEKTSV4RRFFQ69G5FAV"}}',
    "command": b'{"count":3,"id":"a","at":1795213515,"ttl":5,"context":{"id":"b"}}',
    "result": b'{"ok":false,"service":"set","node":"garden","error":{"code":"busy","message":"x"}}',
    "stored": b'{"ids":["garden:1"],"rejected":[{"id":"x","reason":"y"}],"time":5.5}',
    "detection": b'{"image_id":"garden:5","timestamp":1,"people":1,"boxes":[[0,0,1,1]]}',
}


def outcome(kind: str, raw: Raw) -> Any:
    """The model, encoded again, or the reason as it would be sent: both must be possible."""
    try:
        model = decode(kind, raw)
    except BadMessage as error:
        return str(error).encode()
    return model if isinstance(model, str) else model.encode()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_valid_message_of_each_kind_is_read(kind: str) -> None:
    name = "x" if kind == "event" else "capture"
    decode(kind, Raw(VALID[kind], {"lux": "5", "meta": '{"a":1}'}, name))


@given(KIND, st.binary(max_size=200), st.dictionaries(TEXT, TEXT, max_size=4), WORDS)
def test_any_bytes_are_a_message_or_a_reason(
    kind: str, payload: bytes, properties: dict[str, str], name: str
) -> None:
    outcome(kind, Raw(payload, properties, name))


@given(KIND, JSON, WORDS)
@examples(300)
def test_any_json_is_a_message_or_a_reason(kind: str, body: object, name: str) -> None:
    outcome(kind, Raw(json.dumps(body).encode(), {}, name))


@given(KIND, st.data())
@examples(300)
def test_a_message_with_a_value_exchanged_is_a_message_or_a_reason(
    kind: str, data: st.DataObject
) -> None:
    try:
        body = json.loads(VALID[kind])
    except ValueError:
        body = {}
    if body:
        body[data.draw(st.sampled_from(sorted(body)))] = data.draw(JSON)
    outcome(kind, Raw(json.dumps(body).encode(), {}, data.draw(WORDS)))


@given(st.sampled_from(["id", "timestamp", "lux", "width", "trigger", "ttl", "meta"]), TEXT | JSON)
def test_any_property_of_an_image_is_taken_or_refused(name: str, value: object) -> None:
    text = value if isinstance(value, str) else json.dumps(value)
    outcome("image", Raw(b"", {name: text}))


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b'{"data":{"a":"\\ud800"}}', "data.a"),
        (b'{"\\ud800":1}', "name"),
        (b'{"data":' + b"[" * 3000 + b"]" * 3000 + b"}", "nested"),
        (b'{"data":' + b"[" * 30 + b"]" * 30 + b"}", "nested"),
        (b'{"data":' + b"[" * 200_000, "bytes"),
        (b'{"data":' + b"[" * 16_000, "nested"),
        (b'{"time_fired":"0001-01-01T00:00:00","data":{}}', "time_fired"),
        (b'{"time_fired":"9999-12-31T23:59:59-14:00","data":{}}', "time_fired"),
        (b'{"data":{"a":NaN}}', "finite"),
        (b'{"data":{"a":1e999}}', "finite"),
        (b'{"data":{"a":' + b"9" * 5000 + b"}}", "digits"),
        (b'{"data":{"a":99999999999999999999}}', "64 bits"),
        (b'{"data":{"' + b"n" * 300 + b'":1}}', "name"),
        (b'{"data":"\xff"}', "JSON"),
        (b"[1]", "object"),
    ],
)
def test_what_no_one_can_keep_is_refused_by_name(payload: bytes, reason: str) -> None:
    with pytest.raises(BadMessage, match=reason):
        decode("event", Raw(payload, {}, "x"))


def test_a_reading_keeps_the_metrics_that_have_a_value() -> None:
    reading = decode("reading", Raw(b'{"lux": 5, "temperature": NaN, "humidity": null}'))
    assert reading.metrics == {"lux": 5}


@pytest.mark.parametrize("name", ["node", "received_at"])
def test_a_metric_cannot_take_the_name_of_another_field(name: str) -> None:
    with pytest.raises(BadMessage, match=name):
        decode("reading", Raw(json.dumps({name: 1}).encode()))


def test_a_reason_is_bounded_whatever_was_wrong() -> None:
    with pytest.raises(BadMessage) as refused:
        decode("reading", Raw(json.dumps({f"m{n}": "x" * 200 for n in range(60)}).encode()))
    assert len(str(refused.value)) < 10 * SHOWN * 2


def test_a_value_that_was_taken_can_be_written_again() -> None:
    value = json_value(b'{"a":[1,2.5,null,"x",{"b":true}]}')
    assert json.loads(json.dumps(value)) == value
