"""A site with a broker of its own, bridged to the hub's by mosquitto/bridge.conf.example."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from lookout.bus.errors import Refused
from lookout.bus.session import Session
from lookout.embedded.broker import Mosquitto
from lookout.embedded.child import Child
from lookout.embedded.ports import free_port
from lookout.host.settings import Broker
from lookout.store.client import Client
from tests.scale.tls import make_certificate
from tests.support.hub import watching_hub
from tests.support.nodes import RecordingSource, node_settings, running_node
from tests.support.proxy import Proxy
from tests.support.servers import StoreServer
from tests.support.services import ServiceStarter
from tests.support.stored import nothing_lost_nothing_doubled
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(120)
EXAMPLE = Path(__file__).parents[2] / "mosquitto" / "bridge.conf.example"
PASSWORDS = {"hub": "of the hub", "bridge": "of-the-bridge", "garden": "of the garden"}


def bridge(address: str, authorities: str = "") -> str:
    """The example's lines for this test; without authorities the link is not encrypted."""
    text = EXAMPLE.read_text().replace("PASSWORD", PASSWORDS["bridge"]).replace("SITE", "barn")
    text = text.replace("HUB-ADDRESS:8883", address)
    text = text.replace("bridge_capath /etc/ssl/certs", authorities)
    return "\n" + text.replace("restart_timeout 2 30", "restart_timeout 1 1")


@pytest.fixture
async def hub_broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    async with Mosquitto(tmp_path / "hub", PASSWORDS) as server:
        yield server


@pytest.fixture
def at_hub(hub_broker: Mosquitto) -> Broker:
    return Broker(url=hub_broker.url("hub"))


@asynccontextmanager
async def site(folder: Path, lines: str, hub: Broker) -> AsyncIterator[Mosquitto]:
    """The site's broker, its link up."""
    server = Mosquitto(folder / "site", PASSWORDS)
    server.configure(lines)
    async with Session(hub, "watches the link") as session:
        states = session.subscribe("$SYS/broker/connection/lookout-bridge-barn/state")
        async with server:
            while (await anext(states)).payload != b"1":
                continue
            yield server


@pytest.fixture
async def link(hub_broker: Mosquitto) -> AsyncIterator[Proxy]:
    """The network between site and hub."""
    async with Proxy(hub_broker.port) as proxy:
        yield proxy


@pytest.fixture
async def at_site(link: Proxy, tmp_path: Path, at_hub: Broker) -> AsyncIterator[Mosquitto]:
    async with site(tmp_path, bridge(f"127.0.0.1:{link.port}"), at_hub) as server:
        yield server


@pytest.fixture
async def services(
    hub_broker: Mosquitto, redis_server: StoreServer, data: Path, at_hub: Broker
) -> AsyncIterator[Callable[..., Child]]:
    """Ingest and events at the hub's broker."""
    starter = ServiceStarter(hub_broker, redis_server, data)
    async with Session(at_hub, "watches the services") as session:
        statuses = session.subscribe("lookout/hub/+/status")
        online: set[str] = set()
        for name in ("ingest", "events"):
            starter.start(name)
        while len(online) < 2:
            message = await anext(statuses)
            online |= {message.topic} if message.payload == b"online" else set()
        yield starter.start
    await starter.stop_all()
    print(starter.logs())


async def test_captures_receipts_commands_and_presence_cross_the_bridge(
    services: Callable[..., Child], at_site: Mosquitto, at_hub: Broker, data: Path, client: Client
) -> None:
    source = RecordingSource()
    settings = node_settings(Broker(url=at_site.url("garden")), data)
    async with watching_hub(at_hub) as hub:
        async with running_node(settings, source):
            await hub.until_fired("node_online")
            result = await hub.call("capture")
            assert result.ok and result.data["failed"] == 0
            await eventually(lambda: len(source.taken) >= 10)
            source.failing = "enough"
            await eventually(lambda: nothing_lost_nothing_doubled(client, source), 30)
            await eventually(lambda: not list(settings.spool_path.glob("*.capture")), 30)
        await hub.until_fired("node_offline")


async def test_a_node_that_loses_its_broker_is_offline_at_the_hub_too(
    at_site: Mosquitto, at_hub: Broker
) -> None:
    async with Proxy(at_site.port) as cable, Session(at_hub, "hub") as hub:
        statuses = hub.subscribe("lookout/garden/status")
        url = at_site.url("garden").replace(f":{at_site.port}", f":{cable.port}")
        async with Session(Broker(url=url), "node", presence="lookout/garden/status"):
            assert (await anext(statuses)).payload == b"online"
            await cable.cut()
            assert (await anext(statuses)).payload == b"offline"
        latecomer = hub.subscribe("lookout/+/status")
        message = await anext(latecomer)
        assert (message.payload, message.retain) == (b"offline", True)


async def test_what_was_captured_while_the_link_was_down_is_stored_once_and_told(
    services: Callable[..., Child],
    at_site: Mosquitto,
    at_hub: Broker,
    link: Proxy,
    data: Path,
    client: Client,
) -> None:
    source = RecordingSource()
    settings = node_settings(Broker(url=at_site.url("garden")), data)
    async with watching_hub(at_hub) as hub, running_node(settings, source):
        await eventually(lambda: len(source.taken) >= 5)
        await link.cut()
        await hub.until_fired("bridge_offline")
        goal = len(source.taken) + 20
        await eventually(lambda: len(source.taken) >= goal)
        await link.mend()
        await hub.until_fired("bridge_online")
        source.failing = "enough"
        await eventually(lambda: nothing_lost_nothing_doubled(client, source), 30)
        await eventually(lambda: not list(settings.spool_path.glob("*.capture")), 30)


async def test_all_that_mqtt_5_carries_besides_the_payload_arrives(
    at_site: Mosquitto, at_hub: Broker
) -> None:
    async with (
        Session(at_hub, "hub") as hub,
        Session(Broker(url=at_site.url("garden")), "node") as node,
    ):
        images = hub.subscribe("lookout/+/image")
        commands = node.subscribe("lookout/garden/command/+")
        await hub.connected()
        await node.connected()
        await node.publish("lookout/garden/image", bytes(9_000_000), properties={"lux": "1"})
        image = await anext(images)
        assert (len(image.payload), image.properties) == (9_000_000, {"lux": "1"})
        asked: dict[str, Any] = {"response_topic": "lookout/hub/reply/me", "correlation": b"7"}
        await hub.publish(
            "lookout/garden/command/set", "{}", properties={"id": "1"}, expiry=60, **asked
        )
        command = await anext(commands)
        assert command.properties == {"id": "1"}
        assert (command.response_topic, command.correlation) == tuple(asked.values())
        assert command.expiry == 60


async def test_a_sites_broker_cannot_speak_for_the_hub(hub_broker: Mosquitto) -> None:
    async with Session(Broker(url=hub_broker.url("bridge")), "thief") as session:
        await session.connected()
        await session.publish("lookout/garden/status", "online")
        for forbidden in (
            "lookout/garden/command/capture",
            "lookout/all/command/restart",
            "lookout/garden/stored",
            "lookout/hub/ingest/status",
        ):
            with pytest.raises(Refused):
                await session.publish(forbidden, "x")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here: no certificate")
async def test_the_link_is_encrypted_and_the_hubs_certificate_checked(
    hub_broker: Mosquitto, tmp_path: Path
) -> None:
    port, certificate = free_port(), make_certificate(tmp_path)
    await hub_broker.stop()
    hub_broker.configure(
        f"\nlistener {port} 127.0.0.1\ncertfile {certificate}\nkeyfile {tmp_path}/server.key\n"
    )
    await hub_broker.start()
    hub = Broker(url=hub_broker.url("hub"))
    lines = bridge(f"localhost:{port}", f"bridge_cafile {certificate}")
    async with asyncio.timeout(20), site(tmp_path, lines, hub):
        pass  # its link is up
    with pytest.raises(TimeoutError):
        wrong = bridge(f"127.0.0.1:{port}", f"bridge_cafile {certificate}")  # another name
        async with asyncio.timeout(3), site(tmp_path / "wrong", wrong, hub):
            pytest.fail("a certificate for another name was accepted")
