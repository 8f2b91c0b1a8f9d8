"""The wire stays as it is: messages written down once must mean the same in every version."""

import json
from pathlib import Path
from typing import Any

import pytest

from lookout.bus import messages
from lookout.bus.messages import Command, Event, ImageMeta, Info, Reading, Receipt, Result

GOLDEN = Path(__file__).parents[1] / "fixtures" / "wire"
PARSERS: dict[str, Any] = {
    "reading": messages.parse_reading,
    "info": messages.parse_info,
    "receipt": messages.parse_receipt,
    "result": messages.parse_result,
    "event": lambda payload: messages.parse_event(payload, event_type="motion_started"),
    "command": lambda payload: messages.parse_command("capture", payload, {}),
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
