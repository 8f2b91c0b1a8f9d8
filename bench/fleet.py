"""A thousand nodes with status, readings and images on one hub: what arrives, and what it takes."""

import asyncio
import resource
from pathlib import Path
from typing import Any, Final

from bench.fleet_nodes import node_name
from bench.hub import indexed, start_service, until_online
from bench.machine import cpu_seconds, peak_mib
from bench.senders import Senders, Sent
from lookout.bus.session import Session
from lookout.embedded.broker import Mosquitto
from lookout.embedded.redis_server import RedisServer
from lookout.host.settings import Broker
from lookout.host.settings import Redis as RedisSettings
from lookout.store import keys
from lookout.store.client import opened
from lookout.store.nodes import Nodes

PASSWORD: Final = "only-for-this-run"  # noqa: S105
SERVICES: Final = ("ingest", "events")
PROCESSES: Final = 2
SPARE_FILES: Final = 200  # besides one for each node
SETTLE_SECONDS: Final = 60.0
SYS_SECONDS: Final = 1  # between the broker's figures of itself


async def measure(
    folder: Path, nodes: int, seconds: float, interval: float, size: int
) -> dict[str, Any]:
    """One row for all nodes together; `interval` is between a node's images, in seconds."""
    allow_files(nodes + SPARE_FILES)
    each = nodes // PROCESSES
    count = max(1, round(seconds / interval))
    users = ["hub", *(node_name(number) for number in range(PROCESSES * each))]
    broker = Mosquitto(folder / "broker", dict.fromkeys(users, PASSWORD))
    broker.configure(f"\nsys_interval {SYS_SECONDS}\n")
    arguments = ["--port", str(broker.port), "--password", PASSWORD, "--number", str(each)]
    arguments += ["--count", str(count), "--interval", str(interval), "--size", str(size)]
    async with broker, RedisServer(folder / "redis", password=PASSWORD) as redis:
        children = {name: start_service(name, broker, redis, folder) for name in SERVICES}
        try:
            await until_online(broker, len(SERVICES))
            processes = {name: child.pid or 0 for name, child in children.items()}
            processes |= {"broker": broker.pid or 0, "redis": redis.pid or 0}
            row = await _live(broker, redis, arguments, PROCESSES * each, count, processes)
        finally:
            for child in children.values():
                await child.stop()
    return {f"{PROCESSES * each} nodes": row}


async def _live(
    broker: Mosquitto,
    redis: RedisServer,
    arguments: list[str],
    nodes: int,
    count: int,
    processes: dict[str, int],
) -> dict[str, Any]:
    """Let the nodes come, live and go."""
    images, url = nodes * count, broker.url("hub")
    traffic = await _traffic(url)
    before = {name: cpu_seconds(pid) for name, pid in processes.items()}
    fleet = await asyncio.to_thread(Senders, "bench.fleet_nodes", PROCESSES, arguments)
    async with opened(RedisSettings(url=redis.url)) as client:
        online = await _settled(client, nodes, "online")
        row = _arrived(await asyncio.to_thread(fleet.run), images)
        row |= await _stored(client, images)
        row |= {"online": online, "offline_after": await _settled(client, nodes, "offline")}
    row |= _taken(processes, before, images)
    for way, then, now in zip(("to", "from"), traffic, await _traffic(url), strict=True):
        row[f"bytes_{way}_broker_per_image"] = round((now - then) / images)
    return row


def allow_files(wanted: int) -> None:
    """Let us and our children open so many files. Raises SystemExit where the system forbids it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise SystemExit(
            f"{wanted} open files are needed, one for each node, and {hard} are allowed (ulimit "
            "-Hn). Raise it (nofile in /etc/security/limits.conf), or ask for fewer with --nodes."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


async def _traffic(url: str) -> tuple[int, int]:
    """Bytes that the broker has received and sent since its start, as of a moment from now."""
    async with Session(Broker(url=url), "bench-traffic") as session, asyncio.timeout(30):
        await asyncio.sleep(1.5 * SYS_SECONDS)
        received = session.subscribe("$SYS/broker/bytes/received")
        sent = session.subscribe("$SYS/broker/bytes/sent")
        return int((await anext(received)).payload), int((await anext(sent)).payload)


async def _settled(client: Any, nodes: int, status: str) -> int:
    """How many nodes the registry says to be `status`, once it says so of all, or time is up."""
    found = 0
    try:
        async with asyncio.timeout(SETTLE_SECONDS):
            while found < nodes:
                found = sum(node.get("status") == status for node in await Nodes(client).all())
                await asyncio.sleep(0.5)
    except TimeoutError:
        return found
    return found


def _arrived(sent: Sent, images: int) -> dict[str, Any]:
    last = max(0, len(sent.latencies) - 1)
    return {
        "images": images,
        "images_per_second": round(images / sent.seconds, 1),
        "confirmed": len(sent.latencies),
        "p50_ms": round(sent.latencies[last // 2] * 1000),
        "p99_ms": round(sent.latencies[int(last * 0.99)] * 1000),
    }


async def _stored(client: Any, images: int) -> dict[str, Any]:
    stored = await indexed(client, keys.IMAGES_INDEX)
    readings = await indexed(client, keys.READINGS_INDEX)
    told = await client.xlen(keys.IMAGES_STREAM)
    return {
        "lost": images - stored,
        "doubled": max(0, told - stored),
        "readings_lost": images - readings,
    }


def _taken(processes: dict[str, int], before: dict[str, float], images: int) -> dict[str, Any]:
    """Most memory, and processor time for the whole life of the fleet."""
    memory = {f"{name}_mib": round(peak_mib(pid)) for name, pid in processes.items()}
    cpu = {
        f"{name}_cpu_per_1000": round((cpu_seconds(pid) - before[name]) / images * 1000, 2)
        for name, pid in processes.items()
    }
    return memory | cpu
