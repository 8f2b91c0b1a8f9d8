"""The hub's services as processes, as the parts that measure the whole hub need them."""

import asyncio
import os
from pathlib import Path
from typing import Any

from lookout.bus.session import Session
from lookout.embedded import hub
from lookout.embedded.broker import Mosquitto
from lookout.embedded.child import Child
from lookout.embedded.redis_server import RedisServer
from lookout.host.settings import Broker

ONLINE_SECONDS = 120


def start_service(
    name: str,
    broker: Mosquitto,
    redis: RedisServer,
    folder: Path,
    *,
    worker: int = 1,
    **settings: str,
) -> Child:
    """`python -m services.NAME`, as the user `hub`; `settings` are more variables."""
    environment = {
        **os.environ,
        "LOOKOUT_MQTT__URL": broker.url("hub"),
        "LOOKOUT_REDIS__URL": redis.url,
        "LOOKOUT_DATA": str(folder / "data"),
        "LOOKOUT_INGEST__WORKER": str(worker),
        "LOOKOUT_ANALYTICS__WORKER": str(worker),
        # A sender sends as fast as it can: what is asked is how fast the hub is.
        "LOOKOUT_INGEST__IMAGES_RATE": "0",
        "LOOKOUT_INGEST__IMAGE_BYTES_RATE": "0",
        **settings,
    }
    child = hub.process(name, environment, log=folder / f"{name}-{worker}.log")
    child.start()
    return child


async def until_online(broker: Mosquitto, number: int) -> None:
    """Wait until so many services have said that they are there. Raises TimeoutError."""
    settings = Broker(url=broker.url("hub"))
    async with Session(settings, "bench-watch") as session, asyncio.timeout(ONLINE_SECONDS):
        statuses = session.subscribe("lookout/hub/+/status")
        online: set[str] = set()
        while len(online) < number:
            message = await anext(statuses)
            if message.payload == b"online":
                online.add(message.topic)


async def indexed(client: Any, index: str) -> int:
    """How many hashes a search index holds."""
    answer = await client.execute_command("FT.SEARCH", index, "*", "LIMIT", 0, 0)
    return int(answer[0])
