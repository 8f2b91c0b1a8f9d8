"""A node on a real broker tells Home Assistant what it has, when it must."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from lookout.bus.errors import Refused
from lookout.bus.session import Session
from lookout.bus.subscription import Subscription
from lookout.homeassistant import announcer
from lookout.host.settings import Broker
from services.camera.node import homeassistant as node
from tests.homeassistant.schema import problems
from tests.support.hub import Hub, watching_hub
from tests.support.nodes import RecordingSource, node_settings, running_node
from tests.support.servers import BrokerServer

Settings = Callable[[str], Broker]
TOPIC = "homeassistant/device/lookout_garden/config"
QUIET = {"vitals": False, "cpu_temperature": False, "interval": 1}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcer, "LONGEST_DELAY", 0.1)
    monkeypatch.setattr(node, "LOOK_SECONDS", 0.1)


@pytest.fixture
async def hub(mqtt_settings: Settings) -> AsyncIterator[Hub]:
    async with watching_hub(mqtt_settings("hub")) as hub:
        yield hub


@pytest.fixture
def running(mqtt_settings: Settings, data: Path) -> Callable[..., Any]:
    def run(**sections: Any) -> Any:
        given = {"sensors": QUIET, **sections}
        return running_node(
            node_settings(mqtt_settings("garden"), data, **given), RecordingSource()
        )

    return run


async def announced(messages: Subscription, *wanted: str) -> dict[str, Any]:
    """The first message that has these components."""
    async for message in messages:
        assert problems(message.payload) == []
        components: dict[str, Any] = json.loads(message.payload)["components"]
        if set(wanted) <= components.keys():
            return components
    raise AssertionError


async def test_a_node_announces_its_services_and_what_it_measures(
    hub: Hub, running: Callable[..., Any]
) -> None:
    messages = hub.session.subscribe(TOPIC)
    async with running():
        found = await announced(messages, "metric_lux")
    assert found.keys() >= {"capture", "interval", "picture"}
    assert "motion" not in found  # the source gives no frames
    assert "autofocus" not in found  # and has no lens that moves
    assert "metric_humidity" not in found
    assert found["metric_lux"]["expire_after"] == 3


async def test_it_announces_itself_again_when_home_assistant_has_started(
    hub: Hub, running: Callable[..., Any]
) -> None:
    messages = hub.session.subscribe(TOPIC)
    async with running():
        before = await announced(messages, "metric_lux")
        await hub.session.publish("homeassistant/status", "offline")
        await hub.session.publish("homeassistant/status", "online")
        assert await announced(messages) == before


@pytest.mark.own_servers
async def test_it_announces_itself_again_to_a_broker_that_has_forgotten(
    hub: Hub, running: Callable[..., Any], broker: BrokerServer
) -> None:
    messages = hub.session.subscribe(TOPIC)
    async with running():
        await announced(messages, "metric_lux")
        await hub.session.publish(TOPIC, b"", retain=True)
        assert (await anext(messages)).payload == b""
        await broker.stop()
        await broker.start()
        await announced(messages, "metric_lux")


async def test_switched_off_it_takes_itself_out(hub: Hub, running: Callable[..., Any]) -> None:
    messages = hub.session.subscribe(TOPIC)
    async with running():
        await announced(messages, "metric_lux")
    async with running(homeassistant={"enabled": False}):
        while (await anext(messages)).payload:
            continue
    async with Session(hub.session.broker, "a later visitor") as later:
        left, marker = later.subscribe(TOPIC), later.subscribe("lookout/garden/status")
        await anext(marker)
        assert len(left) == 0


async def test_renamed_it_announces_the_device_that_it_was(
    hub: Hub, running: Callable[..., Any]
) -> None:
    messages = hub.session.subscribe(TOPIC)
    async with running(homeassistant={"known_as": "shed"}):
        found = await announced(messages, "metric_lux")
    assert found["capture"]["unique_id"] == "lookout_shed_capture"
    assert found["capture"]["command_topic"] == "lookout/garden/command/capture"


async def test_a_sensor_that_is_no_more_is_taken_out_and_forgotten(
    hub: Hub, running: Callable[..., Any]
) -> None:
    messages = hub.session.subscribe(TOPIC)
    first = {"devices": [{"kind": "bh1750", "name": "shed"}], **QUIET}
    async with running(sensors=first):
        await announced(messages, "metric_shed_lux", "metric_lux")
    async with running():
        async for message in messages:
            found = json.loads(message.payload)["components"]
            if found.get("metric_shed_lux") == {"platform": "sensor"}:
                break
    assert "unique_id" in found["metric_lux"]
    async with running():
        while "metric_shed_lux" in found:
            found = await announced(messages, "metric_lux")


async def test_before_the_first_picture_nothing_is_taken_out(
    hub: Hub, running: Callable[..., Any]
) -> None:
    messages = hub.session.subscribe(TOPIC)
    sensors = {"vitals": True, "cpu_temperature": False, "interval": 1}
    async with running(sensors=sensors):
        await announced(messages, "metric_lux", "metric_load")
    readings = hub.session.subscribe("lookout/garden/reading")
    async with running(sensors=sensors, capture={"interval": 0}):
        while (await anext(readings)).retain:
            continue  # until there was a round of measuring, without a picture
        found = await announced(messages, "metric_load")
        assert "metric_lux" not in found
        await hub.call("capture")
        found = await announced(messages, "metric_lux")
        assert found["metric_lux"] != {"platform": "sensor"}


@pytest.mark.own_servers
async def test_the_user_homeassistant_sees_all_and_commands_but_speaks_for_nobody(
    hub: Hub, running: Callable[..., Any], broker: BrokerServer, mqtt_settings: Settings
) -> None:
    broker.add_user("homeassistant", "of the tests")
    async with (
        running(capture={"interval": 0}),
        Session(Broker(url=broker.url("homeassistant")), "home-assistant") as session,
    ):
        messages = session.subscribe(TOPIC)
        images = session.subscribe("lookout/+/image")
        await announced(messages, "capture")
        await session.publish("lookout/garden/command/capture", "PRESS")
        assert (await anext(images)).topic == "lookout/garden/image"
        await session.publish("lookout/hub/event/doorbell_rang", "{}")
        for forbidden in ("lookout/garden/status", "lookout/garden/stored", "lookout/hub/x/status"):
            with pytest.raises(Refused):
                await session.publish(forbidden, "offline")
