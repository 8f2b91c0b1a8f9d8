"""The hub as a device: announced by the events service, and the device behind which nodes are."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lookout.bus.session import Session
from lookout.bus.subscription import Subscription
from lookout.contract.topics import Topics
from lookout.embedded.child import Child
from lookout.homeassistant.discovery import described
from lookout.homeassistant.hub_entities import hub_components
from lookout.host.settings import Broker
from lookout.host.settings import Redis as RedisSettings
from lookout.store.client import opened
from lookout.store.summary import summary
from tests.homeassistant.abilities import words
from tests.homeassistant.schema import problems
from tests.support.nodes import RecordingSource, node_settings, running_node
from tests.support.waiting import eventually

Settings = Callable[[str], Broker]
TOPIC = "homeassistant/device/lookout_hub/config"
NODE = "homeassistant/device/lookout_garden/config"
INFO = "lookout/hub/events/info"


async def until(messages: Subscription, *wanted: str) -> dict[str, Any]:
    """The first announcement that has these components."""
    async for message in messages:
        if message.payload:
            assert problems(message.payload) == []
            tree: dict[str, Any] = json.loads(message.payload)
            if set(wanted) <= tree["components"].keys():
                return tree
    raise AssertionError


@given(st.sets(words, max_size=5))
def test_home_assistant_takes_the_message_of_any_hub(services: set[str]) -> None:
    components = hub_components(Topics(), services)
    assert problems(described("hub", components, status="x", about={}, called="Hub")) == []
    assert {f"service_{name}" for name in services} <= components.keys()


def test_the_storage_pressure_is_unknown_while_ingest_is_away() -> None:
    pressure = hub_components(Topics(), ["ingest"])["storage_pressure"]
    assert pressure["state_topic"] == "lookout/hub/ingest/info"
    assert pressure["availability"] == [{"topic": "lookout/hub/ingest/status"}]


async def test_the_events_service_announces_the_hub_with_each_service_that_is_there(
    service: Callable[..., Child], hub: Session
) -> None:
    messages = hub.subscribe(TOPIC)
    service("events")
    await until(messages, "service_events", "nodes_online", "images")
    await hub.publish("lookout/hub/ingest_2/status", "offline", retain=True)
    tree = await until(messages, "service_ingest_2")
    assert tree["components"]["service_ingest_2"]["availability"] == []
    assert tree["availability"] == [{"topic": "lookout/hub/events/status"}]
    await hub.publish("lookout/hub/ingest_2/status", b"", retain=True)
    async for message in messages:
        tree = json.loads(message.payload)
        if tree["components"]["service_ingest_2"] == {"platform": "binary_sensor"}:
            break


async def test_the_hub_says_how_many_nodes_and_events_there_are(
    service: Callable[..., Child], hub: Session, redis_url: str
) -> None:
    infos = hub.subscribe(INFO)
    events = service("events")
    first = json.loads((await anext(infos)).payload)
    assert (first["nodes"], first["images"]) == (0, 0)
    assert first["memory_used"] > 0
    await hub.publish("lookout/garden/status", "online", retain=True)
    async with opened(RedisSettings(url=redis_url)) as client:
        await eventually(lambda: _logged(client))
    await events.stop()
    events.start()
    async for message in infos:
        told = json.loads(message.payload)
        if told["nodes_online"]:
            break
    assert (told["nodes"], told["nodes_online"], told["events_today"]) == (1, 1, 1)


async def _logged(client: Any) -> bool:
    return (await summary(client, time.time())).events_today == 1


async def test_a_hub_that_is_not_to_be_shown_takes_itself_out(
    service: Callable[..., Child], hub: Session
) -> None:
    messages = hub.subscribe(TOPIC)
    await hub.publish(TOPIC, b"{}", retain=True)
    service("events", LOOKOUT_HOMEASSISTANT__ENABLED="false")
    while (await anext(messages)).payload:
        continue


async def test_a_node_is_behind_the_hub_only_while_the_hub_is_announced(
    hub: Session, mqtt_settings: Settings, data: Path
) -> None:
    messages = hub.subscribe(NODE)
    settings = node_settings(mqtt_settings("garden"), data)
    async with running_node(settings, RecordingSource()):
        assert "via_device" not in (await until(messages))["device"]
        await hub.publish(TOPIC, b"{}", retain=True)
        while (await until(messages))["device"].get("via_device") != "lookout_hub":
            continue
        await hub.publish(TOPIC, b"", retain=True)
        while "via_device" in (await until(messages))["device"]:
            continue
