"""Many nodes capture at one time: how far apart their pictures are."""

import asyncio
import os
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from bench.nodes import PASSWORD
from lookout.bus.caller import Caller
from lookout.bus.session import Session
from lookout.contract.commands import Command
from lookout.contract.topics import Topics
from lookout.embedded.broker import Mosquitto
from lookout.embedded.child import Child
from lookout.host.settings import Broker
from lookout.host.tasks import cancel

AHEAD: Final = 2.0  # seconds until the time at which all shall capture
START_SECONDS: Final = 120.0


async def measure(folder: Path, nodes: int) -> dict[str, Any]:
    """One row: by how much the pictures were late, and the spread."""
    names = [f"node{number}" for number in range(nodes)]
    users = {"hub": PASSWORD, **dict.fromkeys(names, PASSWORD)}
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(Mosquitto(folder / "broker", users))
        session = await stack.enter_async_context(Session(Broker(url=broker.url("hub")), "bench"))
        infos = session.subscribe(Topics().every("info"))
        for name in names:
            child = _node(folder, name, broker.url(name))
            child.start()
            stack.push_async_callback(child.stop)
        async with asyncio.timeout(START_SECONDS):
            said: set[str] = set()
            while len(said) < nodes:
                said.add((await anext(infos)).topic)
        late = await _capture(session, nodes)
    late.sort()
    return {
        f"{nodes} nodes": {
            "answered": len(late),
            "late_ms_first": late[0],
            "late_ms_median": late[len(late) // 2],
            "late_ms_last": late[-1],
            "spread_ms": late[-1] - late[0],
        }
    }


async def _capture(session: Session, nodes: int) -> list[int]:
    """Let all open their cameras, then capture once more at one time: milliseconds late."""
    caller = Caller(session, Topics())
    listening = asyncio.create_task(caller.listen(), name="results")
    try:
        await caller.call_all(Command(service="capture"), seconds=max(5.0, nodes / 2))
        command = Command(service="capture", at=time.time() + AHEAD)
        results = await caller.call_all(command, seconds=AHEAD + max(5.0, nodes / 4))
    finally:
        await cancel(listening)
    return [int(str(result.data["late_ms"])) for result in results if result.ok]


def _node(folder: Path, name: str, url: str) -> Child:
    environment = {
        **os.environ,
        "LOOKOUT_NODE": name,
        "LOOKOUT_MQTT__URL": url,
        "LOOKOUT_DATA": str(folder / name),
        "LOOKOUT_CAMERA__SOURCE": "synthetic",
        "LOOKOUT_CAMERA__RESOLUTION": "320x240",
        "LOOKOUT_CAPTURE__INTERVAL": "0",
    }
    command = [sys.executable, "-m", "services.camera"]
    return Child(command, log=folder / f"{name}.log", environment=environment)
