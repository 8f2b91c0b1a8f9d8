"""Nothing that a command can say ends a node, and each is answered."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from lookout.contract.commands import parse_result
from lookout.contract.wire import new_id
from lookout.host.settings import Broker
from services.camera.sources import make_source
from tests.support.hub import Hub
from tests.support.nodes import node_settings, running_node

Settings = Callable[[str], Broker]
CAMERA = {"source": "synthetic", "resolution": (160, 96), "timeout": 10.0}
ODD: list[Any] = [
    "\ud800",
    "\x00",
    "%",
    "%Q%_%-%\ud800",
    "%c" * 50,
    "\N{GRINNING FACE}" * 100,
    "a\nb\r\x1b[2J",
    -1,
    0,
    1e308,
    2**70,
    True,
    None,
    "",
    [],
    {},
    [[]],
    [[0, 0, 0, 0]],
    [["\ud800", 0, 1, 1]],
    [16384, 16384],
    [16, 16384],
    "16384x16384",
]
NAMES = ("overlay", "masks", "resolution", "interval", "preset")


@pytest.fixture(autouse=True)
async def deadline() -> AsyncIterator[None]:
    async with asyncio.timeout(110):
        yield


@pytest.mark.parametrize("name", NAMES)
async def test_an_odd_value_is_answered_and_the_node_goes_on(
    name: str, mqtt_settings: Settings, data: Path, hub: Hub
) -> None:
    settings = node_settings(mqtt_settings("garden"), data, camera=CAMERA, capture={"interval": 0})
    async with running_node(settings, make_source(settings.camera)):
        await hub.first("info")  # from then on it obeys commands
        await hub.call("capture")
        for value in ODD:
            answers = hub.session.subscribe("lookout/garden/result/set")
            command = json.dumps({"id": new_id(), name: value})
            await hub.session.publish("lookout/garden/command/set", command.encode())
            parse_result((await anext(answers)).payload)
            hub.session.unsubscribe(answers)
            await hub.call("capture")  # whatever comes of it: an answer
        plain = {"overlay": "", "resolution": [160, 96], "crop": [0, 0, 100, 100], "interval": 0}
        assert (await hub.call("set", **plain)).ok  # type: ignore[arg-type]
        assert (await hub.call("capture")).ok


@pytest.mark.parametrize(
    "payload", [b"\xff\xfe", b"[" * 10_000, b'{"a":' * 5000, b"nul", b'{"id": "\\ud800"}', b"\x00"]
)
async def test_an_odd_payload_is_answered_and_the_node_goes_on(
    payload: bytes, mqtt_settings: Settings, data: Path, hub: Hub
) -> None:
    settings = node_settings(mqtt_settings("garden"), data, camera=CAMERA, capture={"interval": 0})
    async with running_node(settings, make_source(settings.camera)):
        await hub.first("info")  # from then on it obeys commands
        await hub.call("capture")
        for service in ("set", "capture", "live", "light", "autofocus", "nothing"):
            await hub.session.publish(f"lookout/garden/command/{service}", payload)
        assert (await hub.call("capture")).ok
