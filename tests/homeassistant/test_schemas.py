"""The same messages before Home Assistant's own schemas, where its package is installed."""

import importlib
import json
from typing import Any

import pytest
from hypothesis import given, settings

from lookout.contract.topics import Topics
from lookout.homeassistant.abilities import Abilities
from lookout.homeassistant.discovery import described
from lookout.homeassistant.hub_entities import hub_components
from tests.homeassistant.abilities import abilities, message, nodes

MQTT = "homeassistant.components.mqtt"
schemas = pytest.importorskip(
    f"{MQTT}.schemas", reason="the package homeassistant is not installed here"
)


async def check(payload: bytes) -> None:
    """Raises where Home Assistant would refuse the message, or a key that it would drop."""
    core: Any = importlib.import_module("homeassistant.core")
    hass = core.HomeAssistant("")  # templates are checked in one only
    try:
        tree = schemas.DEVICE_DISCOVERY_SCHEMA(json.loads(payload))
        shared = {key: tree[key] for key in ("device", "origin", "availability")}
        for component in json.loads(payload)["components"].values():
            platform: Any = importlib.import_module(f"{MQTT}.{component.pop('platform')}")
            platform.PLATFORM_SCHEMA_MODERN({**shared, **component})
    finally:
        await hass.async_stop(force=True)


@given(node=nodes, able=abilities)
@settings(deadline=None)
async def test_home_assistants_own_schemas_take_the_message_of_any_node(
    node: str, able: Abilities
) -> None:
    await check(message(node, able))


async def test_home_assistants_own_schemas_take_the_message_of_the_hub() -> None:
    components = hub_components(Topics(), ["events", "ingest", "ingest_2", "gallery"])
    await check(described("hub", components, status="x", about={"sw_version": "1"}, called="Hub"))


async def test_they_refuse_a_key_that_is_not_there() -> None:
    tree = json.loads(message("garden", Abilities(services=frozenset({"capture"}))))
    tree["components"]["capture"]["typo"] = 1
    with pytest.raises(Exception, match="typo"):
        await check(json.dumps(tree).encode())
