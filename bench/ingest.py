"""Images a second from MQTT to Redis, complete, against what the broker alone can deliver."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench import floor
from bench.hub import indexed, start_service, until_online
from bench.machine import cpu_seconds
from bench.senders import Senders, Sent
from lookout.embedded.broker import Mosquitto
from lookout.embedded.ports import free_port
from lookout.embedded.redis_server import RedisServer
from lookout.host.settings import Redis as RedisSettings
from lookout.store import keys
from lookout.store.client import opened

DRAIN_SECONDS = 60
# Senders without receipts run ahead of `mosquitto_sub` by more than a broker keeps by default.
NO_LIMITS = "max_queued_messages 0\nmax_queued_bytes 0\n"
PASSWORD = "only for this run"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent: by how many processes, how many images each, of how many bytes."""

    senders: int
    count: int
    size: int

    @property
    def total(self) -> int:
        return self.senders * self.count

    def per_1000(self, seconds: float) -> float:
        """Processor seconds of all of them, for a thousand images."""
        return round(seconds / self.total * 1000, 3)

    def arguments(self, url: str) -> list[str]:
        return ["--url", url, "--count", str(self.count), "--size", str(self.size)]


async def measure(load: Load, folder: Path, workers: int) -> dict[str, Any]:
    """All rows of this part, and the ratios."""
    rows: dict[str, Any] = {}
    rows["floor"] = await asyncio.to_thread(_floor, load)
    broker = Mosquitto(folder / "broker", {"hub": PASSWORD})
    broker.configure(NO_LIMITS)
    async with broker:
        url = broker.url("hub")
        rows["mosquitto_sub"] = await _drain(load, broker, url)
        async with RedisServer(folder / "redis", password=PASSWORD) as redis:
            rows["lookout"] = await _ours(load, broker, redis, folder, workers)
            rows["redis_set"] = await asyncio.to_thread(_redis_benchmark, load, redis.port)
    rows["imagezmq"] = await asyncio.to_thread(_imagezmq, load, folder / "imagezmq")
    rows["imagezmq_fsync"] = await asyncio.to_thread(_imagezmq, load, folder / "fsync", "sync")
    rate = rows["lookout"]["images_per_second"]
    for peer in ("mosquitto_sub", "imagezmq", "imagezmq_fsync", "redis_set"):
        if rows[peer]:
            rows["lookout"][f"ratio_to_{peer}"] = round(rate / rows[peer]["images_per_second"], 2)
    return rows


async def _ours(
    load: Load, broker: Mosquitto, redis: RedisServer, folder: Path, number: int
) -> dict[str, Any]:
    url = broker.url("hub")
    workers = [
        start_service("ingest", broker, redis, folder, worker=index + 1) for index in range(number)
    ]
    try:
        await until_online(broker, number)
        spending = {
            "receiver_cpu_per_1000": [worker.pid for worker in workers],
            "broker_cpu_per_1000": [broker.pid],
            "redis_cpu_per_1000": [redis.pid],
        }
        async with opened(RedisSettings(url=redis.url)) as client:
            before = {name: _spent(pids) for name, pids in spending.items()}
            senders = Senders("bench.sender", load.senders, [*load.arguments(url), "--receipts"])
            sent = await asyncio.to_thread(senders.run)
            row = _row(load, sent) | {
                name: load.per_1000(_spent(pids) - before[name]) for name, pids in spending.items()
            }
            row |= _sum(row)
            stored = await indexed(client, keys.IMAGES_INDEX)
            told = await client.xlen(keys.IMAGES_STREAM)
    finally:
        for worker in workers:
            await worker.stop()
    return row | {"lost": load.total - stored, "doubled": max(0, told - stored)}


def _sum(row: Mapping[str, Any]) -> dict[str, Any]:
    """The processor seconds of all processes, for a thousand images."""
    total = sum(value for name, value in row.items() if name.endswith("_cpu_per_1000"))
    return {"all_cpu_per_1000": round(total, 3)}


def _floor(load: Load) -> dict[str, Any]:
    """What the kernel alone takes to receive the bytes, and to send them on to another socket."""
    received = floor.measure(load.total * load.size, send_on=False)
    relayed = floor.measure(load.total * load.size, send_on=True)
    return {
        "images_per_second": round(load.total / relayed.seconds, 1),
        "mb_per_second": round(load.total * load.size / relayed.seconds / 1e6, 1),
        "receiver_cpu_per_1000": load.per_1000(relayed.cpu),
        "receive_only_cpu_per_1000": load.per_1000(received.cpu),
    }


def _spent(pids: Sequence[int | None]) -> float:
    return sum(cpu_seconds(pid) for pid in pids if pid is not None)


async def _drain(load: Load, broker: Mosquitto, url: str) -> dict[str, Any]:
    """The same traffic to `mosquitto_sub`, which throws it away."""
    program = shutil.which("mosquitto_sub")
    if program is None:
        return {}
    command = [program, "-p", str(broker.port), "-u", "hub", "-P", PASSWORD, "-q", "1", "-V", "5"]
    command += ["-i", "bench-drain", "-t", "lookout/+/image"]
    only_subscribe = [*command, "-E", "-c", "-x", str(DRAIN_SECONDS)]
    take_all = [*command, "-c", "-C", str(load.total), "-F", ".", "-W", str(DRAIN_SECONDS)]
    senders = Senders("bench.sender", load.senders, load.arguments(url))
    # Or the first images are sent before the broker knows who wants them.
    await asyncio.to_thread(subprocess.run, only_subscribe, check=True)
    before = _spent([broker.pid])
    drain = subprocess.Popen(take_all, stdout=subprocess.DEVNULL)
    try:
        sent = await asyncio.to_thread(senders.run)
        _, status, usage = await asyncio.to_thread(os.wait4, drain.pid, 0)
        ended = time.time()
    finally:
        drain.kill()
    if status != 0:
        raise RuntimeError("mosquitto_sub did not get all that was sent")
    row = _row(load, replace(sent, seconds=ended - sent.began))
    row |= {
        "receiver_cpu_per_1000": load.per_1000(usage.ru_utime + usage.ru_stime),
        "broker_cpu_per_1000": load.per_1000(_spent([broker.pid]) - before),
    }
    return row | _sum(row)


def _imagezmq(load: Load, folder: Path, *how: str) -> Mapping[str, Any]:
    """The same number of images to a hub on imagezmq that writes each before it answers."""
    port = free_port()
    folder.mkdir()
    command = [sys.executable, "-m", "bench.zmq_hub", str(port), str(folder), str(load.total), *how]
    hub = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert hub.stdout is not None
        if hub.stdout.readline() != "ready\n":
            return {}  # imagezmq is not installed
        sent = Senders(
            "bench.zmq_sender", load.senders, load.arguments(f"tcp://127.0.0.1:{port}")
        ).run()
        row = _row(load, sent) | {"receiver_cpu_per_1000": load.per_1000(cpu_seconds(hub.pid))}
        return row | _sum(row)
    finally:
        hub.kill()
        hub.communicate()


def _redis_benchmark(load: Load, port: int) -> Mapping[str, Any]:
    """SETs of the same size by redis-benchmark, one connection for each sender."""
    program = shutil.which("redis-benchmark")
    if program is None:
        return {}
    command = [program, "-p", str(port), "-a", PASSWORD, "-t", "set", "-d", str(load.size)]
    command += ["-n", str(load.total), "-c", str(load.senders), "-q"]
    output = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout
    found = re.findall(r"([\d.]+) requests per second", output)
    rate = float(found[-1])
    return {"images_per_second": round(rate, 1), "mb_per_second": round(rate * load.size / 1e6, 1)}


def _row(load: Load, sent: Sent) -> dict[str, Any]:
    rate = load.total / sent.seconds
    row: dict[str, Any] = {
        "images_per_second": round(rate, 1),
        "mb_per_second": round(rate * load.size / 1e6, 1),
        "sender_cpu_per_1000": load.per_1000(sent.cpu),
    }
    if sent.latencies:
        last = len(sent.latencies) - 1
        row["p50_ms"] = round(sent.latencies[last // 2] * 1000, 1)
        row["p99_ms"] = round(sent.latencies[int(last * 0.99)] * 1000, 1)
    return row
