"""`lookout nodes`: every node at a glance."""

import json
import time
from collections.abc import AsyncIterator

import pytest

from lookout.host.settings import Redis
from lookout.store.client import Client, opened
from lookout.store.index import ensure_indexes
from lookout.store.nodes import Nodes
from lookout.store.readings import NewReading, Readings
from tests.cli.conftest import Cli


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Client]:
    async with opened(Redis(url=redis_url)) as client:
        await ensure_indexes(client)
        yield client


async def test_shows_how_each_node_fares(on_store: Cli, client: Client) -> None:
    nodes, now = Nodes(client), time.time()
    await nodes.set_status("garden", "online", now - 7200)
    await nodes.set_info("garden", json.dumps({"version": "1.2.3", "spool_depth": 4}), now - 180)
    reading = NewReading("garden", now, now - 180, {"lux": 120.25, "temperature": 21.5})
    await Readings(client).store(reading, ttl=60)
    await nodes.set_status("barn", "offline", now - 90_000)
    said = await on_store("nodes")
    rows = {line.split()[0]: line for line in said.out.splitlines() if line.strip()}
    assert (said.code, said.err) == (0, "")
    for shown in ("online", "3 min ago", "120.2", "21.5 °C", "4", "1.2.3"):
        assert shown in rows["garden"]
    for shown in ("offline", "1 d ago"):
        assert shown in rows["barn"]


async def test_says_when_a_node_went_silent(on_store: Cli, client: Client) -> None:
    await Nodes(client).set_status("garden", "online", time.time() - 900)
    await Nodes(client).set_silent("garden", True)
    said = await on_store("nodes")
    assert "silent" in said.out


async def test_json_holds_all_that_is_known(on_store: Cli, client: Client) -> None:
    await Nodes(client).set_info("garden", json.dumps({"version": "1.2.3"}), 1750000000.5)
    said = await on_store("nodes", "--json")
    assert said.document["nodes"] == [
        {
            "node": "garden",
            "info": {"version": "1.2.3"},
            "last_seen": 1750000000.5,
            "silent": False,
        }
    ]


async def test_a_hub_without_nodes_says_so(on_store: Cli, client: Client) -> None:
    assert (await on_store("nodes")).out.startswith("No node has been heard of yet")
    assert (await on_store("nodes", "--json")).document == {"nodes": []}
