"""A node that is not well: what it tells systemd, the hub and its owner, and when it ends."""

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lookout.contract.events import parse_event
from lookout.contract.hub import Receipt
from lookout.contract.nodes import parse_info
from lookout.contract.wire import now
from lookout.host.settings import Broker
from services.camera.node import health
from tests.camera.test_viewmeter import plain
from tests.support import leftovers
from tests.support.hub import Hub
from tests.support.nodes import RecordingSource, node_settings, running_node
from tests.support.waiting import eventually

Settings = Callable[[str], Broker]


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)
        yield listener


def heard(listener: socket.socket) -> list[str]:
    """What came since the last look."""
    lines: list[str] = []
    try:
        while True:
            lines.append(listener.recv(1000).decode())
    except BlockingIOError:
        return lines


async def test_a_camera_that_stays_away_ends_the_process_with_an_event_that_says_why(
    hub: Hub, service: Any, systemd: socket.socket, tmp_path: Path
) -> None:
    empty = tmp_path / "no pictures"
    empty.mkdir()
    events = hub.session.subscribe("lookout/garden/event/node_error")
    camera = service(
        "camera",
        user="garden",
        LOOKOUT_NODE="garden",
        LOOKOUT_CAMERA__SOURCE="folder",
        LOOKOUT_CAMERA__PATH=str(empty),
        LOOKOUT_CAPTURE__INTERVAL="0.2",
        LOOKOUT_HEALTH__GIVE_UP_AFTER="1",
        NOTIFY_SOCKET=systemd.getsockname(),
        WATCHDOG_USEC="400000",
    )
    lines: list[str] = []

    def ended() -> bool:
        lines.extend(heard(systemd))  # the queue of a socket is short
        return not camera.running

    await eventually(ended)
    event = parse_event((await anext(events)).payload, event_type="node_error")
    reason = str(event.data["reason"])
    assert "holds no .jpg or .jpeg file" in reason
    assert camera.exit_code == 1
    assert "no picture for" in camera.last_lines(5)
    assert lines[0] == "READY=1"
    assert lines.count("WATCHDOG=1") >= 3
    assert any(line.startswith("STATUS=") and "captures fail: " in line for line in lines)
    assert lines[-1] == "STOPPING=1"


class HangingSource(RecordingSource):
    """Does not even close."""

    leave = asyncio.Event()

    async def close(self) -> None:
        if self.failing == "hang":
            await self.leave.wait()


async def test_the_watchdog_gets_no_sign_while_the_camera_hangs(
    mqtt_settings: Settings,
    data: Path,
    hub: Hub,
    systemd: socket.socket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", systemd.getsockname())
    monkeypatch.setenv("WATCHDOG_USEC", "100000")
    monkeypatch.setattr(health, "GRACE_SECONDS", 0.1)
    source = HangingSource()
    source.leave = asyncio.Event()
    camera = {"source": "synthetic", "timeout": 0.2}
    settings = node_settings(
        mqtt_settings("garden"), data, capture={"interval": 0.05}, camera=camera
    )
    async with running_node(settings, source):
        await eventually(lambda: "WATCHDOG=1" in heard(systemd))
        source.failing = "hang"
        await eventually(lambda: "STATUS=the camera hangs" in heard(systemd))
        assert "WATCHDOG=1" not in heard(systemd)
        source.failing = ""
        source.leave.set()
        await eventually(lambda: "WATCHDOG=1" in heard(systemd))


async def test_systemd_is_told_of_a_stop_and_not_of_a_restart(
    mqtt_settings: Settings,
    data: Path,
    hub: Hub,
    systemd: socket.socket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", systemd.getsockname())
    settings = node_settings(mqtt_settings("garden"), data, capture={"interval": 0})
    lines: list[str] = []

    def ready() -> bool:
        lines.extend(heard(systemd))
        return "READY=1" in lines

    async with running_node(settings, RecordingSource()):
        await eventually(ready)
        await hub.first("info")
        lines.extend(heard(systemd))  # its queue is short
    assert lines[0] == "READY=1"
    assert heard(systemd)[-1:] == ["STOPPING=1"]
    async with running_node(settings, RecordingSource()):
        await eventually(lambda: "READY=1" in heard(systemd))
        await eventually(partial(asked_to_restart, hub))  # its answer may be lost on a busy machine
        assert "STOPPING=1" not in heard(systemd)


async def asked_to_restart(hub: Hub) -> bool:
    """Ask, and see for a second whether it ends."""
    await hub.session.publish("lookout/garden/command/restart", b"{}")
    with suppress(AssertionError):
        return bool(await eventually(lambda: "node" not in leftovers.tasks(), 1))
    return False


class BlindSource(RecordingSource):
    """Gives what it is told to."""

    black = False

    async def capture(self, quality: int) -> Any:
        picture = await super().capture(quality)
        return replace(picture, jpeg=plain(0)) if self.black else picture


async def test_a_black_view_is_told_once_and_cleared_once(
    mqtt_settings: Settings, data: Path, hub: Hub
) -> None:
    source = BlindSource()
    view = {"after": 2, "frozen": 0}
    settings = node_settings(mqtt_settings("garden"), data, capture={"interval": 0.05}, view=view)
    told = hub.session.subscribe("lookout/garden/event/+")
    kinds: list[tuple[str, Any]] = []

    async def listen() -> None:
        async for message in told:
            kind = message.topic.rpartition("/")[2]
            if kind.startswith("view_"):
                kinds.append((kind, json.loads(message.payload)["data"]["problem"]))

    listening = asyncio.create_task(listen(), name="listen")
    async with running_node(settings, source):
        await eventually(lambda: len(source.taken) > 5)
        source.black = True
        await eventually(lambda: len(kinds) == 1)
        taken = len(source.taken)
        await eventually(lambda: len(source.taken) > taken + 5)
        source.black = False
        await eventually(lambda: len(kinds) == 2)
    listening.cancel()
    assert kinds == [("view_problem", "black"), ("view_ok", "black")]


async def test_a_clock_that_is_off_is_an_event_and_in_info(
    mqtt_settings: Settings, data: Path, hub: Hub
) -> None:
    settings = node_settings(mqtt_settings("garden"), data, capture={"interval": 0})
    events = hub.session.subscribe("lookout/garden/event/clock_skew")
    async with running_node(settings, RecordingSource()):
        await hub.first("info")
        images = hub.session.subscribe("lookout/garden/image")
        result = await hub.call("capture")
        await anext(images)
        ids = tuple(map(str, result.data["images"]))  # type: ignore[arg-type]
        receipt = Receipt(ids=ids, time=now() + 100)
        await hub.session.publish("lookout/garden/stored", receipt.encode())
        event = parse_event((await anext(events)).payload, event_type="clock_skew")
        assert -101 < float(str(event.data["seconds"])) < -90

        async def in_info() -> bool:
            skew = parse_info((await hub.first("info")).payload).clock_skew
            return skew is not None and skew < -90

        await eventually(in_info)
