"""`--check`: each part that is missing is named, with what to do."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lookout.bus.session import Session
from lookout.host.settings import Broker
from services.camera.check import Finding, check
from services.camera.check import bus as bus_check
from services.camera.check.computer import check_clock, check_spool
from services.camera.settings import CameraSettings
from tests.support.nodes import node_settings
from tests.support.servers import BrokerServer

Settings = Callable[[str], Broker]


async def findings(settings: CameraSettings, output: Path | None = None) -> dict[str, Finding]:
    return {finding.part: finding for finding in await check(settings, output)}


async def test_a_node_that_has_everything_is_well(
    mqtt_settings: Settings, data: Path, tmp_path: Path
) -> None:
    output = tmp_path / "picture.jpg"
    async with Session(mqtt_settings("hub"), "hub") as hub:
        events = hub.subscribe("lookout/garden/event/node_checked")
        statuses = hub.subscribe("lookout/garden/status")
        await hub.connected()
        found = await findings(node_settings(mqtt_settings("garden"), data), output)
        assert (await anext(events)).topic.endswith("node_checked")
        assert len(statuses) == 0, "a check is not the node, and must not say that it is online"
    for part in ("camera", "vitals", "broker", "rights", "packets", "spool"):
        assert found[part].verdict == "ok", found[part]
    assert found["clock"].verdict in {"ok", "warning"}
    assert output.read_bytes()[:2] == b"\xff\xd8"
    assert found["camera"].found.startswith("synthetic, 1920x1080 pixels")
    assert str(output) in found["camera"].found


async def test_a_broker_that_is_away_or_refuses_is_told_apart(
    broker: BrokerServer, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_check, "CONNECT_SECONDS", 1.0)
    wrong = Broker(url=f"mqtt://garden:wrong@127.0.0.1:{broker.port}")
    refused = (await findings(node_settings(wrong, data)))["broker"]
    assert (refused.verdict, "Not authorized" in refused.found) == ("problem", True)
    assert "mosquitto_passwd" in refused.todo
    assert "wrong" not in refused.found + refused.todo
    away = (await findings(node_settings(Broker(url="mqtt://127.0.0.1:1"), data)))["broker"]
    assert (away.verdict, "refused" in away.found) == ("problem", True)


async def test_a_node_with_anothers_login_may_not_publish(
    mqtt_settings: Settings, data: Path
) -> None:
    rights = (await findings(node_settings(mqtt_settings("barn"), data)))["rights"]
    assert rights.verdict == "problem"
    assert "Log in as garden" in rights.todo


async def test_a_missing_library_is_told_with_its_own_next_step(
    mqtt_settings: Settings, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    settings = node_settings(mqtt_settings("garden"), data, camera={"source": "picamera2"})
    found = (await findings(settings))["camera"]
    assert "picamera2 is not installed for this Python" in found.found
    assert "another camera.source" in found.todo
    assert "Stop the node" not in found.todo


@pytest.mark.parametrize(
    ("sections", "part", "words"),
    [
        ({"camera": {"source": "folder", "path": "/no/such"}}, "camera", "cannot be read"),
        (
            {"sensors": {"devices": [{"kind": "ds18b20", "id": "28-0316a2795cff"}]}},
            "ds18b20",
            "No 1-wire sensor",
        ),
    ],
)
async def test_what_does_not_answer_is_a_problem(
    mqtt_settings: Settings, data: Path, sections: dict[str, Any], part: str, words: str
) -> None:
    found = (await findings(node_settings(mqtt_settings("garden"), data, **sections)))[part]
    assert (found.verdict, words in found.found) == ("problem", True), found
    assert found.todo


def test_a_clock_that_was_never_set_is_a_problem() -> None:
    assert check_clock(now=1000.0).verdict == "problem"
    assert "1970" in check_clock(now=1000.0).found


def test_a_spool_that_cannot_be_written_or_is_too_small_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    broker = Broker()
    blocked = check_spool(node_settings(broker, tmp_path, spool={"path": tmp_path / "file" / "x"}))
    assert (blocked.verdict, "cannot be written" in blocked.found) == ("problem", True)
    huge = check_spool(node_settings(broker, tmp_path, spool={"max_bytes": 1 << 60}))
    assert (huge.verdict, "spool.max_bytes" in huge.found) == ("warning", True)


@pytest.mark.parametrize(("most", "verdict"), [(500_000, "warning"), (2_000_000, "ok")])
def test_a_small_packet_limit_is_a_warning(most: int, verdict: str) -> None:
    assert bus_check.judge_packets(most).verdict == verdict
