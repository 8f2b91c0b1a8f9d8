"""The private Mosquitto and the access rules that all brokers of Lookout share."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from lookout.bus.errors import Refused
from lookout.bus.session import Session
from lookout.contract.topics import Topics
from lookout.embedded.ports import ask
from lookout.host.settings import Broker
from tests.support.servers import BrokerServer

TOPICS = Topics()
Settings = Callable[[str], Broker]

OWN_TOPICS = [
    TOPICS.status("garden"),
    TOPICS.info("garden"),
    TOPICS.image("garden"),
    TOPICS.preview("garden"),
    TOPICS.reading("garden"),
    TOPICS.event("garden", "motion_started"),
    TOPICS.result("garden", "capture"),
    TOPICS.reply("cli-1"),
]
FOREIGN_TOPICS = [
    TOPICS.image("barn"),
    TOPICS.status("barn"),
    TOPICS.event("barn", "motion_started"),
    TOPICS.event("hub", "storage_pressure"),
    TOPICS.command("barn", "restart"),
    TOPICS.command("garden", "restart"),
    TOPICS.command("all", "restart"),
    TOPICS.stored("garden"),
    TOPICS.hub_status("ingest"),
    "homeassistant/device/garden/config",
]


async def test_refuses_who_has_no_name(broker: BrokerServer) -> None:
    connect = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x0a\x00\x00"
    not_authorised = b"\x20\x02\x00\x05"

    assert await ask(broker.port, connect, not_authorised) == not_authorised


@pytest.mark.parametrize("topic", OWN_TOPICS)
async def test_a_node_may_speak_for_itself(mqtt_settings: Settings, topic: str) -> None:
    async with Session(mqtt_settings("garden"), "garden") as garden:
        await asyncio.wait_for(garden.connected(), 5)

        await garden.publish(topic, b"{}")


@pytest.mark.parametrize("topic", FOREIGN_TOPICS)
async def test_a_node_cannot_speak_for_others(mqtt_settings: Settings, topic: str) -> None:
    async with Session(mqtt_settings("garden"), "garden") as garden:
        await asyncio.wait_for(garden.connected(), 5)

        with pytest.raises(Refused, match="Not authorized"):
            await garden.publish(topic, b"{}")


async def test_a_node_hears_its_commands_and_receipts_and_no_other_node(
    mqtt_settings: Settings,
) -> None:
    mine = [
        TOPICS.command("garden", "capture"),
        TOPICS.command("all", "identify"),
        TOPICS.stored("garden"),
        TOPICS.hub_status("ingest"),
    ]
    others = [TOPICS.command("barn", "capture"), TOPICS.image("barn"), TOPICS.stored("barn")]
    async with (
        Session(mqtt_settings("garden"), "garden") as garden,
        Session(mqtt_settings("hub"), "hub") as hub,
    ):
        await asyncio.wait_for(garden.connected(), 5)
        await asyncio.wait_for(hub.connected(), 5)
        heard = garden.subscribe("#")
        await garden.publish(TOPICS.info("garden"), b"{}")  # answered after the subscription

        for topic in [*others, *mine]:
            await hub.publish(topic, b"{}")

        async with asyncio.timeout(30):
            assert [(await anext(heard)).topic for _ in mine] == mine


@pytest.mark.own_servers
async def test_lets_in_a_user_who_is_added_while_it_runs(broker: BrokerServer) -> None:
    broker.add_user("shed", "another secret")

    async with Session(Broker(url=broker.url("shed")), "shed") as shed:
        await asyncio.wait_for(shed.connected(), 5)
        await shed.publish(TOPICS.status("shed"), b"online")


@pytest.mark.own_servers
async def test_keeps_retained_messages_and_users_over_a_restart(
    broker: BrokerServer, mqtt_settings: Settings
) -> None:
    async with Session(mqtt_settings("garden"), "garden") as garden:
        await asyncio.wait_for(garden.connected(), 5)
        await garden.publish(TOPICS.info("garden"), b'{"version": 1}', retain=True)

    await broker.stop()
    await broker.start()

    async with Session(mqtt_settings("hub"), "hub") as hub:
        async with asyncio.timeout(30):
            message = await anext(hub.subscribe(TOPICS.info("garden")))
    assert message.payload == b'{"version": 1}'


async def test_tells_clients_the_largest_packet(mqtt_settings: Settings) -> None:
    async with Session(mqtt_settings("garden"), "garden") as garden:
        await asyncio.wait_for(garden.connected(), 5)

        assert garden.max_packet_size == 10_000_000


@pytest.mark.own_servers
async def test_writes_no_password_in_clear(tmp_path: Path, broker: BrokerServer) -> None:
    text = (tmp_path / "broker" / "passwords").read_text()

    assert text.startswith("hub:$")
    assert "secret" not in text
