"""What one camera node costs: memory and processor time at 1080p each second."""

import asyncio
import time
from pathlib import Path
from typing import Any, Final

from bench.machine import cpu_seconds, resident_mib
from bench.nodes import running
from lookout.bus.session import Session
from lookout.contract.hub import Receipt
from lookout.contract.images import ImageMeta
from lookout.contract.topics import Topics
from lookout.host.settings import Broker

SAMPLE_SECONDS: Final = 5.0
SETTLE_SECONDS: Final = 15.0  # modules are loaded and the first background is drawn


async def measure(folder: Path, seconds: float) -> dict[str, Any]:
    """One row; the receipts that a hub would send are sent, so that the spool stays empty."""
    settings = {"CAPTURE__INTERVAL": "1", "CAMERA__RESOLUTION": "1920x1080"}
    async with running(folder, **settings) as (node, broker), asyncio.TaskGroup() as group:
        hub = group.create_task(_confirm(broker.url("hub")), name="hub")
        await asyncio.sleep(SETTLE_SECONDS)
        pid, began = node.pid or 0, time.monotonic()
        before, samples = cpu_seconds(pid), [resident_mib(pid)]
        while time.monotonic() - began < seconds:
            await asyncio.sleep(SAMPLE_SECONDS)
            samples.append(resident_mib(pid))
        took, cpu = time.monotonic() - began, cpu_seconds(pid) - before
        hub.cancel()
    fifth = max(1, len(samples) // 5)
    row = {
        "seconds": round(took),
        "resident_mib_first_fifth": round(sum(samples[:fifth]) / fifth, 1),
        "resident_mib_last_fifth": round(sum(samples[-fifth:]) / fifth, 1),
        "resident_mib_most": round(max(samples), 1),
        "cpu_percent_of_one_core": round(cpu / took * 100, 1),
    }
    return {"1080p each second": row}


async def _confirm(url: str) -> None:
    """Answer each image as ingest does."""
    topics = Topics()
    async with Session(Broker(url=url), "bench-hub", presence="lookout/hub/ingest/status") as hub:
        async for message in hub.subscribe(topics.every("image")):
            node = topics.parse(message.topic).node
            meta = ImageMeta.from_properties(message.properties)
            if node and meta.id:
                hub.post(topics.stored(node), Receipt(ids=[meta.id]).encode())
