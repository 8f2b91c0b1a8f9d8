"""`lookout doctor`: what is as it should be is a line, what is not says what to do."""

import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest

from lookout.bus.session import Session
from lookout.cli.doctor.broker import of_services
from lookout.cli.doctor.computer import of_disk
from lookout.cli.doctor.nodes import of_node
from lookout.cli.doctor.troubles import open_states
from lookout.embedded.ports import free_port
from lookout.store import keys
from lookout.store.events import Events, NewEvent
from lookout.store.index import ensure_indexes
from lookout.store.nodes import Nodes
from tests.cli.conftest import Cli, Said
from tests.support.servers import BrokerServer, StoreServer

Doctor = Callable[[], Awaitable[Said]]
SERVICES = ("events", "ingest")
# What this computer has is none of these tests' business.
ANYWHERE = {f"lookout.cli.doctor.computer.LEAST_{name}": 0.0 for name in ("ROOM", "SHARE", "FILES")}
SOON = {"lookout.cli.connection.CONNECT_SECONDS": 1.0}  # that a Redis is waited for


@pytest.fixture
def doctor(cli: Cli, broker: BrokerServer, redis_server: StoreServer, data: Path) -> Doctor:
    async def run() -> Said:
        return await cli(
            *("doctor", "--json"),
            constants=ANYWHERE,
            LOOKOUT_MQTT__URL=broker.url("hub"),
            LOOKOUT_REDIS__URL=redis_server.url,
            LOOKOUT_DATA=str(data),
        )

    return run


def ill(said: Said) -> dict[str, str]:
    """What is wrong, and how it is put."""
    return {each["what"]: each["says"] for each in said.document["findings"] if not each["well"]}


async def well(client: Any, hub: Session, data: Path) -> None:
    """A hub with one node, where all is as it should be."""
    data.mkdir(exist_ok=True)
    await ensure_indexes(client)
    await client.config_set("maxmemory", 1 << 30)
    await client.config_set("maxmemory-policy", "volatile-ttl")
    for name in SERVICES:
        await hub.publish(f"lookout/hub/{name}/status", "online", retain=True)
    await Nodes(client).set_status("garden", "online", time.time())
    await Nodes(client).set_info("garden", '{"clock_skew": 0.2}', time.time())


async def fired(client: Any, number: int, event_type: str, node: str, **data: str) -> None:
    at = time.time() - 100 + number
    event = NewEvent(f"01HF{number:022}", event_type, node, at, "c", None, json.dumps(data), "")
    await Events(client).store(event, ttl=1000)


@pytest.mark.own_servers
async def test_a_hub_that_is_well_has_a_line_for_each_thing_and_one_that_is_not_says_what_to_do(
    doctor: Doctor, client: Any, hub: Session, data: Path
) -> None:
    await well(client, hub, data)
    await fired(client, 1, "clock_skew", "garden")
    await fired(client, 2, "clock_ok", "garden")
    said = await doctor()
    assert ill(said) == {}
    assert said.code == 0
    kinds = {each["what"] for each in said.document["findings"]}
    assert kinds >= {"broker", "service ingest", "Redis", "Redis' file", "search's limit", "nodes"}

    await client.config_set("maxmemory-policy", "noeviction")
    await client.execute_command("FT.CONFIG", "SET", "ON_TIMEOUT", "return")
    await client.execute_command("FT.DROPINDEX", keys.READINGS_INDEX)
    await client.config_set("appendonly", "no")
    await client.set(keys.CLOCK, "it was set back by 3600 s")
    await hub.publish("lookout/hub/ingest/status", "offline", retain=True)
    await Nodes(client).set_info("garden", '{"clock_skew": -259200.0}', time.time())
    await fired(client, 3, "name_taken", "barn", name="barn", advice="Two are called barn.")
    said = await doctor()
    assert said.code == 1
    words = {
        "Redis' memory": "Set maxmemory-policy to volatile-ttl",
        "search's limit": "FT.CONFIG SET ON_TIMEOUT fail",
        "search's indexes": "idx:readings is missing",
        "Redis' file": "Set appendonly yes",
        "hub's clock": "set back by 3600 s. Set it by NTP",
        "service ingest": "see its log and start it (`docker compose up -d ingest`",
        "node garden": "Its clock is -259200 s from the hub's",
        "node barn": "Two are called barn.",
    }
    found = ill(said)
    assert found.keys() == words.keys()
    assert {what: says for what, says in words.items() if says not in found[what]} == {}


async def test_what_does_not_answer_is_a_line_like_any_other(cli: Cli) -> None:
    said = await cli(
        "doctor",
        constants=SOON,
        LOOKOUT_MQTT__URL=f"mqtt://127.0.0.1:{free_port()}",
        LOOKOUT_REDIS__URL=f"redis://127.0.0.1:{free_port()}",
    )
    assert said.code == 1
    assert said.err == ""
    for words in ("No broker answers", "No Redis answers", "open files"):
        assert words in said.out


def test_services_that_never_came_are_missed_and_workers_are_named() -> None:
    found = {each.what: each for each in of_services({"ingest_2": "offline"}, "lookout")}
    assert not any(each.is_well for each in found.values())
    assert "never here" in found["service events"].says
    assert "python -m services.ingest`" in found["service ingest_2"].says
    assert "-t lookout/hub/ingest_2/status" in found["service ingest_2"].says


def test_a_node_that_is_away_or_fails_says_what_to_do() -> None:
    node = {"node": "garden", "last_seen": 1_000.0}
    assert [*of_node(node, 1_010.0)] == []
    (away,) = of_node({**node, "status": "offline"}, 8_200.0)
    assert "last heard 2 h ago" in away and "lookout node remove garden" in away
    (fails,) = of_node({**node, "info": {"failure": "no camera"}}, 1_010.0)
    assert "(no camera): `lookout camera check`" in fails
    assert [*of_node({**node, "info": "odd"}, 1_010.0)] == []


def test_a_state_that_has_ended_or_begun_again_is_told_as_it_is_now() -> None:
    def row(event_type: str, **data: str) -> dict[str, str]:
        return {"event_type": event_type, "node": "barn", "data": json.dumps(data)}

    rows = [
        row("flood_started", kind="image"),
        row("flood_ended", kind="reading"),
        row("flood_started", kind="reading"),
        row("clock_ok"),
        row("flood_ended", kind="image"),
        row("clock_skew"),
    ]
    assert [*open_states(rows)] == rows[:1]


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "are free" in of_disk(tmp_path).says
    full = cast(Any, (10**12, 10**12, 10**8))
    monkeypatch.setattr("shutil.disk_usage", lambda folder: full)
    found = of_disk(tmp_path)
    assert not found.is_well
    assert found.says.startswith("100.0 MB of 1000.0 GB are free")
