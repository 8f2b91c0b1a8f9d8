"""What we pack is what paho would pack."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties, VariableByteIntegers

from lookout.bus.errors import TooLarge
from lookout.bus.packing import pack_number, pack_properties
from lookout.bus.session import Session

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"))
properties = st.fixed_dictionaries(
    {},
    optional={
        "ContentType": texts,
        "MessageExpiryInterval": st.integers(0, 2**32 - 1),
        "ResponseTopic": texts,
        "CorrelationData": st.binary(),
        "UserProperty": st.lists(st.tuples(texts, texts), min_size=1),
    },
)


@given(properties)
def test_properties_are_read_by_paho_as_they_were_given(given_ones: dict[str, Any]) -> None:
    found = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    data = pack_properties(given_ones)
    _, length = found.unpack(data)  # type: ignore[no-untyped-call]
    assert length == len(data)
    assert {name: getattr(found, name) for name in given_ones} == given_ones


@given(st.integers(0, 268_435_455))
def test_numbers_are_packed_as_paho_packs_them(number: int) -> None:
    assert pack_number(number) == VariableByteIntegers.encode(number)  # type: ignore[no-untyped-call]


async def test_a_property_that_is_too_long_is_refused_here(hub: Session) -> None:
    with pytest.raises(TooLarge, match="at most 65535"):
        await hub.publish("lookout/garden/image", b"x", properties={"meta": "x" * 65_536})
    assert hub.is_connected
