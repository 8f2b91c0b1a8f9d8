"""A task that dies ends its process, which is back at work when started anew: nothing is lost."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from lookout.bus.session import Session
from lookout.embedded.child import Child
from lookout.embedded.ports import free_port
from lookout.host.tasks import cancel
from tests.support.pictures import plain_jpeg
from tests.support.servers import BrokerServer, StoreServer
from tests.support.services import clean_environment
from tests.support.waiting import eventually

BACK_SECONDS = 60.0
# One task of each service always, the rest in the slow runs.
TASKS = {
    "ingest": ("images", "receipts", "readings", "upkeep", "indexes", "dating anew"),
    "events": ("events", "statuses", "infos", "bridges", "home assistant", "silence", "indexes"),
    "gallery": ("news: event", "results", "presence", "new images", "indexes"),
    "camera": ("sender", "commands", "readings", "info", "receipts", "hub", "preview", "view"),
}
CASES = [
    pytest.param(service, task, marks=[] if number == 0 else [pytest.mark.slow])
    for service, tasks in TASKS.items()
    for number, task in enumerate(tasks)
]
Start = Callable[..., Child]


@pytest.fixture
async def start(
    broker: BrokerServer, redis_server: StoreServer, data: Path
) -> AsyncIterator[Start]:
    """Starts a service in which a task dies once, and starts it anew whenever it has ended."""
    children: list[Child] = []
    keepers: list[asyncio.Task[None]] = []

    def begin(service: str, task: str, **more: str) -> Child:
        user = "garden" if service == "camera" else "hub"
        environment = {
            **clean_environment(),
            "LOOKOUT_MQTT__URL": broker.url(user),
            "LOOKOUT_DATA": str(data),
            **({} if service == "camera" else {"LOOKOUT_REDIS__URL": redis_server.url}),
            **more,
        }
        marker = str(data / "died")
        command = [sys.executable, "-m", "tests.support.mortal", service, task, marker]
        child = Child(command, log=data / "logs" / f"{service}.log", environment=environment)
        child.start()
        children.append(child)
        keepers.append(asyncio.create_task(_keep(child), name=f"keeper of {service}"))
        return child

    yield begin
    await cancel(*keepers)
    for child in children:
        await child.stop()
    sys.stdout.write("".join(child.last_lines(40) for child in children))


async def _keep(child: Child) -> None:
    while True:
        await eventually(lambda: not child.running, 3600.0)
        child.start()


@pytest.mark.parametrize(("service_name", "task"), CASES)
async def test_a_dead_task_ends_its_process_and_nothing_is_lost(
    service_name: str, task: str, start: Start, hub: Session, client: Any, data: Path
) -> None:
    more = {}
    if service_name == "gallery":
        more = {"LOOKOUT_GALLERY__PORT": str(free_port())}
    if service_name == "camera":
        more = {
            "LOOKOUT_NODE": "garden",
            "LOOKOUT_CAMERA__SOURCE": "synthetic",
            "LOOKOUT_CAMERA__RESOLUTION": "160x120",
            "LOOKOUT_CAPTURE__INTERVAL": "0.5",
            "LOOKOUT_SPOOL__PATH": str(data / "spool"),
        }
    images = hub.subscribe("lookout/garden/image")
    child = start(service_name, task, **more)
    first = child.pid
    await eventually((data / "died").exists, BACK_SECONDS)
    await eventually(lambda: child.running and child.pid != first, BACK_SECONDS)

    match service_name:
        case "ingest":
            await hub.publish("lookout/garden/image", plain_jpeg())
            await hub.publish("lookout/garden/reading", b'{"lux": 5}')
            await eventually(lambda: client.hget("node:garden", "images"), BACK_SECONDS)
        case "events":
            body = json.dumps({"data": {"a": 1}})
            await hub.publish("lookout/garden/event/gate_open", body)
            await hub.publish("lookout/garden/info", b'{"version":"5"}', retain=True)
            await eventually(lambda: client.hget("node:garden", "info"), BACK_SECONDS)
            await eventually(lambda: client.keys("event:*"), BACK_SECONDS)
        case "gallery":
            await eventually(lambda: _healthy(more["LOOKOUT_GALLERY__PORT"]), BACK_SECONDS)
        case "camera":
            async with asyncio.timeout(BACK_SECONDS):
                await anext(images)


async def _healthy(port: str) -> bool:
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{port}/healthz") as answer,
        ):
            return answer.status == 200
    except aiohttp.ClientError:
        return False
