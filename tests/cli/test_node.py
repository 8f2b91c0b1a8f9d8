"""`lookout node remove`: nothing is left of a node but its pictures and events."""

import asyncio
import time
from collections.abc import Callable

import pytest

from lookout.bus.session import Session
from lookout.embedded.child import Child
from lookout.homeassistant.discovery import MIGRATE
from lookout.store.client import Client
from lookout.store.nodes import Nodes
from tests.cli.conftest import Cli, Said, StartNode
from tests.support.servers import BrokerServer, StoreServer
from tests.support.waiting import eventually

KINDS = ("status", "info", "preview", "reading", "detection")
ANNOUNCED = "homeassistant/device/lookout_garden/config"


@pytest.fixture
def on_hub(cli: Cli, broker: BrokerServer, redis_server: StoreServer) -> Cli:
    async def run(*arguments: str) -> Said:
        return await cli(
            *arguments,
            LOOKOUT_MQTT__URL=broker.url("hub"),
            LOOKOUT_REDIS__URL=redis_server.url,
        )

    return run


async def both_online(hub: Session) -> None:
    """Wait until both services have subscribed: a shared subscription gets nothing retained."""
    statuses, online = hub.subscribe("lookout/hub/+/status"), set[str]()
    async with asyncio.timeout(30):
        while len(online) < 2:
            message = await anext(statuses)
            if message.payload == b"online":
                online.add(message.topic)


async def test_nothing_is_left_of_a_removed_node_and_no_service_minds(
    on_hub: Cli, hub: Session, client: Client, service: Callable[..., Child]
) -> None:
    running = [service("events"), service("ingest")]
    await both_online(hub)
    events = hub.subscribe("lookout/+/event/+")
    contents = {"status": "offline", "reading": '{"lux": 1}', "info": '{"version": "1"}'}
    for kind in KINDS:
        await hub.publish(f"lookout/garden/{kind}", contents.get(kind, "x"), retain=True)
    await hub.publish(ANNOUNCED, "{}", retain=True)
    await eventually(lambda: _is_known(client))
    await eventually(lambda: _has_reading(client))
    assert (await anext(events)).topic == "lookout/garden/event/node_offline"
    said = await on_hub("node", "remove", "garden")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("garden is removed.")
    assert await Nodes(client).all() == []
    left = [hub.subscribe(topic) for topic in ("lookout/garden/+", ANNOUNCED)]
    await hub.publish("lookout/barn/status", "online", retain=True)
    assert (await anext(events)).topic == "lookout/barn/event/node_online"  # and none of garden
    assert [len(each) for each in left] == [0, 0]
    assert await Nodes(client).get("garden") is None
    assert all("not taken" not in child.last_lines(40) for child in running)


async def _is_known(client: Client) -> bool:
    node = await Nodes(client).get("garden")
    return node is not None and {"status", "info"} <= node.keys()


async def _has_reading(client: Client) -> bool:
    node = await Nodes(client).get("garden")
    return node is not None and "last_reading" in node


async def test_a_node_that_is_online_is_not_removed(
    on_hub: Cli, node: StartNode, client: Client
) -> None:
    await Nodes(client).set_status("garden", "online", time.time())
    async with node("garden"):
        said = await on_hub("node", "remove", "garden")
    assert said.code == 1
    assert said.err.startswith("garden is online: stop it first")
    assert await Nodes(client).get("garden") is not None


async def test_a_renamed_node_is_forgotten_but_home_assistant_lets_go_of_its_entities_only(
    on_hub: Cli, hub: Session, client: Client
) -> None:
    announced = hub.subscribe(ANNOUNCED)
    device = '{"device": {"identifiers": ["lookout_shed"]}}'  # it has been renamed before
    await hub.publish(ANNOUNCED, device, retain=True)
    await hub.publish("lookout/garden/info", '{"spool_depth": 3}', retain=True)
    await hub.publish("lookout/garden/status", "offline", retain=True)
    await Nodes(client).set_status("garden", "offline", time.time())
    said = await on_hub("node", "rename", "garden", "yard")
    assert (said.code, said.err) == (0, "")
    assert "3 pictures waited in its spool" in said.out
    assert "node: yard   and   homeassistant: {known_as: shed}" in said.out
    assert await Nodes(client).all() == []
    while (await anext(announced)).payload != MIGRATE:
        continue
    async with Session(hub.broker, "a later visitor") as later:
        await later.connected()
        left, marker = later.subscribe("lookout/garden/+"), later.subscribe("lookout/x/status")
        await later.publish("lookout/x/status", "online", retain=True)
        await anext(marker)
        assert len(left) == 0


@pytest.mark.parametrize("names", [("garden", "yard"), ("yard", "garden")])
async def test_neither_the_old_nor_the_new_node_may_be_online(
    on_hub: Cli, hub: Session, names: tuple[str, str]
) -> None:
    await hub.publish("lookout/garden/status", "online", retain=True)
    said = await on_hub("node", "rename", *names)
    assert said.code == 1
    assert said.err.startswith("garden is online: stop the node first")


async def test_a_node_is_not_renamed_to_itself(on_hub: Cli) -> None:
    said = await on_hub("node", "rename", "garden", "garden")
    assert (said.code, said.err) == (1, "The new name is the old one: give two names.\n")


async def test_a_name_that_cannot_be_is_refused(on_hub: Cli, hub: Session) -> None:
    said = await on_hub("node", "remove", "a/b")
    assert said.code == 1
    assert "is not a node name" in said.err
    unknown = await on_hub("node", "remove", "nobody")
    assert (unknown.code, unknown.out[:24]) == (0, "The hub did not know nob")
