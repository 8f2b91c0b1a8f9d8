"""The wire stays as it is: messages written down once must mean the same in every version."""

import json
from pathlib import Path
from typing import Any

import pytest

from lookout.contract.commands import Command, Result, parse_command, parse_result
from lookout.contract.events import Event, parse_event
from lookout.contract.hub import Receipt, parse_receipt
from lookout.contract.images import ImageMeta
from lookout.contract.nodes import Info, parse_info
from lookout.contract.readings import Reading, parse_reading

GOLDEN = Path(__file__).parents[1] / "fixtures" / "wire"
PARSERS: dict[str, Any] = {
    "reading": parse_reading,
    "info": parse_info,
    "receipt": parse_receipt,
    "result": parse_result,
    "event": lambda payload: parse_event(payload, event_type="motion_started"),
    "command": lambda payload: parse_command("capture", payload, {}),
}
MODELS: dict[str, Any] = {
    "reading": Reading,
    "info": Info,
    "receipt": Receipt,
    "result": Result,
    "event": Event,
    "command": Command,
}


@pytest.mark.parametrize("name", sorted(PARSERS))
def test_a_golden_message_parses_and_is_written_the_same(name: str) -> None:
    payload = (GOLDEN / f"{name}.json").read_bytes()
    message = PARSERS[name](payload)
    assert isinstance(message, MODELS[name])
    assert json.loads(message.encode()) == json.loads(payload)


def test_the_golden_image_properties_parse_and_are_written_the_same() -> None:
    properties = json.loads((GOLDEN / "image_properties.json").read_bytes())
    meta = ImageMeta.from_properties(properties)
    assert meta.to_properties() == properties
    assert meta.meta == {"exposure_us": 9998, "gain": 1.5}
