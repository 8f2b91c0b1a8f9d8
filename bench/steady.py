"""What ingest costs at a steady rate, as a farm has it: batches are small, receipts many."""

import asyncio
import time
from pathlib import Path
from typing import Any, Final

from bench.hub import start_service, until_online
from bench.ingest import PASSWORD
from bench.machine import cpu_seconds, resident_mib
from bench.sender import jpeg_of, properties_of
from lookout.bus.session import Session
from lookout.contract.images import IMAGE_TYPE
from lookout.embedded.broker import Mosquitto
from lookout.embedded.redis_server import RedisServer
from lookout.host.settings import Broker

RATE: Final = 50  # images a second, of 8 nodes together
NODES: Final = 8
SETTLE_SECONDS: Final = 3.0


async def measure(folder: Path, seconds: float, size: int) -> dict[str, Any]:
    """One row: processor time for an image, and of a service that has nothing to do."""
    async with (
        Mosquitto(folder / "broker", {"hub": PASSWORD}) as broker,
        RedisServer(folder / "redis", password=PASSWORD) as redis,
        Session(Broker(url=broker.url("hub")), "bench-steady") as session,
    ):
        worker = start_service("ingest", broker, redis, folder)
        try:
            await until_online(broker, 1)
            await asyncio.sleep(SETTLE_SECONDS)
            pid = worker.pid or 0
            idle = await _spent(pid, asyncio.sleep(seconds))
            memory = resident_mib(pid)
            busy = await _spent(pid, _send(session, jpeg_of(size), int(seconds * RATE)))
        finally:
            await worker.stop()
    row = {
        "idle_percent_of_one_core": round(idle / seconds * 100, 2),
        "idle_resident_mib": round(memory, 1),
        "ms_for_one_image": round((busy - idle) / (seconds * RATE) * 1000, 2),
    }
    return {f"{RATE} images a second": row}


async def _spent(pid: int, action: Any) -> float:
    before = cpu_seconds(pid)
    await action
    return cpu_seconds(pid) - before


async def _send(session: Session, jpeg: bytes, count: int) -> None:
    await session.connected()
    began, base = time.monotonic(), int(time.time() * 1000)
    for number in range(count):
        node = f"bench-{number % NODES}"
        await asyncio.sleep(max(0.0, began + number / RATE - time.monotonic()))
        await session.publish(
            f"lookout/{node}/image",
            jpeg,
            properties=properties_of(f"{node}:{base + number}"),
            content_type=IMAGE_TYPE,
        )
