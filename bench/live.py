"""What each of many viewers of one live view gets, with and without one that has stalled."""

import asyncio
import socket
import statistics
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from bench.machine import cpu_seconds
from bench.nodes import running
from lookout.bus.session import Session
from lookout.contract.nodes import parse_info
from lookout.embedded.ports import free_port
from lookout.host.settings import Broker
from lookout.video.frames import BOUNDARY

MARK: Final = f"--{BOUNDARY}\r\n".encode()
WARM_UP: Final = 2.0  # seconds


async def measure(folder: Path, viewers: int, seconds: float) -> dict[str, Any]:
    """A row without a stalled viewer and one with it."""
    settings = {
        "CAPTURE__INTERVAL": "5",
        "LIVE__ENABLED": "true",
        "LIVE__PORT": str(free_port()),
        "LIVE__RATE": "30",
        "LIVE__MAX_VIEWERS": str(2 * viewers + 1),  # those who just left may still count
    }
    async with running(folder, **settings) as (node, broker):
        url = await _live_url(broker.url("hub"))
        alone = await _watch(url, node.pid or 0, viewers, seconds)
        with closing(_stalled(url)):
            beside = await _watch(url, node.pid or 0, viewers, seconds)
    return {"live": alone, "one more, stalled": beside}


async def _live_url(broker: str) -> str:
    async with Session(Broker(url=broker), "bench-live") as hub, asyncio.timeout(30):
        infos = hub.subscribe("lookout/+/info")
        while True:
            if url := parse_info((await anext(infos)).payload).live_url:
                return url


async def _watch(url: str, node: int, viewers: int, seconds: float) -> dict[str, Any]:
    counts = [[0, 0] for _ in range(viewers)]  # frames, bytes
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_view(url, count), name="viewer") for count in counts]
        await asyncio.sleep(WARM_UP)
        before, cpu, began = [tuple(count) for count in counts], cpu_seconds(node), time.monotonic()
        await asyncio.sleep(seconds)
        took, cpu = time.monotonic() - began, cpu_seconds(node) - cpu
        rates = [(now[0] - then[0]) / took for now, then in zip(counts, before, strict=True)]
        total = sum(now[1] - then[1] for now, then in zip(counts, before, strict=True))
        for task in tasks:
            task.cancel()
    return {
        "viewers": viewers,
        "fps_min": round(min(rates), 1),
        "fps_median": round(statistics.median(rates), 1),
        "node_cpu_percent": round(cpu / took * 100, 1),
        "mb_per_second": round(total / took / 1e6, 1),
    }


async def _view(url: str, count: list[int]) -> None:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        writer.write(_request(url))
        tail = b""
        while chunk := await reader.read(1 << 18):
            tail += chunk
            count[0] += tail.count(MARK)
            count[1] += len(chunk)
            tail = tail[-len(MARK) + 1 :]
    finally:
        writer.close()


def _stalled(url: str) -> socket.socket:
    """A viewer that asks and then reads nothing."""
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname or "", parts.port or 0))
    connection.sendall(_request(url))
    return connection


def _request(url: str) -> bytes:
    parts = urlsplit(url)
    return f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
