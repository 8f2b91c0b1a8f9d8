"""A node on a battery: awake for as long as there is something to do, and its mailbox."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from lookout.contract.nodes import Info, parse_info
from lookout.host.settings import Broker
from lookout.host.tasks import cancel
from services.camera.__main__ import serve_once
from services.camera.node import sleep
from services.camera.settings import CameraSettings
from services.camera.settings.sleep import Sleep
from tests.support.hub import Hub
from tests.support.nodes import node_settings
from tests.support.waiting import eventually

EVERY = 3600.0
Sleepy = Callable[..., CameraSettings]


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sleep, "LOOK_SECONDS", 0.02)


@pytest.fixture
def sleepy(mqtt_settings: Callable[[str], Broker], data: Path) -> Sleepy:
    def made(**more: Any) -> CameraSettings:
        return node_settings(
            mqtt_settings("garden"),
            data,
            camera={"source": "synthetic", "resolution": (160, 96)},
            capture={"interval": 60},
            sleep={"every": EVERY, "awake": 60, "listen": 0.2, **more},
        )

    return made


@asynccontextmanager
async def confirming(hub: Hub) -> AsyncIterator[list[str]]:
    """The ids of what came; each is said to be stored."""
    came: list[str] = []
    images = hub.session.subscribe("lookout/garden/image")

    async def confirm() -> None:
        async for message in images:
            came.append(message.properties["id"])
            receipt = json.dumps({"ids": came[-1:]})
            await hub.session.publish("lookout/garden/stored", receipt)

    task = asyncio.create_task(confirm(), name="confirm")
    try:
        yield came
    finally:
        await cancel(task)
        hub.session.unsubscribe(images)


def waiting(settings: CameraSettings) -> int:
    return len(list(settings.spool_path.glob("*.capture")))


async def info(hub: Hub) -> Info:
    return parse_info((await hub.first("info")).payload)


async def test_a_waking_is_a_picture_what_waited_and_sleep(sleepy: Sleepy, hub: Hub) -> None:
    settings = sleepy()
    async with confirming(hub) as came, asyncio.timeout(60):
        seconds = await serve_once(settings)
        assert seconds is not None
        assert EVERY - 60 < seconds < EVERY, "what it was awake is part of it"
        assert (len(came), waiting(settings)) == (1, 0)
        assert (await hub.first("status")).payload == b"offline"
        assert (await info(hub)).wakes_at is not None
        results = hub.session.subscribe("lookout/garden/result/set", retained=False)
        await hub.session.publish("lookout/garden/command/set", '{"quality": 41}')
        await serve_once(settings)
        assert json.loads((await anext(results)).payload)["data"]["quality"] == 41
        assert len(came) == 2
        assert (await info(hub)).quality == 41


async def test_a_node_nobody_confirms_to_sleeps_all_the_same(sleepy: Sleepy, hub: Hub) -> None:
    settings = sleepy(awake=1.0)
    async with asyncio.timeout(60):
        assert await serve_once(settings) is not None
    assert waiting(settings) == 1, "the next waking sends it"


async def test_who_wants_to_look_at_it_keeps_it_awake(sleepy: Sleepy, hub: Hub) -> None:
    settings = sleepy(awake=1.0)
    async with confirming(hub) as came, asyncio.timeout(60):
        node = asyncio.create_task(serve_once(settings), name="node")
        await hub.first("info")
        woke = asyncio.get_running_loop().time()
        assert (await hub.call("awake", seconds=600)).ok
        await eventually(lambda: came and asyncio.get_running_loop().time() > woke + 1.5)
        assert not node.done()
        assert (await hub.call("awake", seconds=0)).ok
        assert await node is not None


async def test_the_power_is_switched_off_as_set(tmp_path: Path) -> None:
    done = tmp_path / "done"
    settings = Sleep(every=60, command=("sh", "-c", f"echo {{seconds}} > {done}"))
    async with asyncio.timeout(30):
        await sleep.rest(settings, 0.6)
    assert done.read_text() == "1\n"


@pytest.mark.parametrize("command", [("false",), ("there is no such program",)])
async def test_a_power_that_cannot_be_switched_off_is_told(
    command: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    async with asyncio.timeout(30):
        await sleep.rest(Sleep(every=60, command=command), 0.01)
    assert "sleep.command" in "".join(capfd.readouterr())
