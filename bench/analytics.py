"""How many images a second the analytics workers look at, beside bare loops of the same model.

The images are stored before the workers begin, so they are never short of work. Then, at half of
what one worker can do, how long it is from the shutter to the detection on the bus.
"""

import asyncio
import importlib.util
import io
import math
import subprocess
import sys
import time
import urllib.request
from argparse import Namespace
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import av
from PIL import Image

from bench.hub import start_service, until_online
from bench.ingest import PASSWORD
from lookout.bus.session import Session
from lookout.contract.images import IMAGE_TYPE
from lookout.contract.nodes import Detection
from lookout.embedded.broker import Mosquitto
from lookout.embedded.child import Child
from lookout.embedded.ports import HOST, free_port
from lookout.embedded.redis_server import RedisServer
from lookout.host.settings import Broker
from lookout.host.settings import Redis as RedisSettings
from lookout.host.tasks import cancel
from lookout.store import keys
from lookout.store.client import Client, opened
from lookout.store.groups import Group
from lookout.store.images import Images, NewImage
from lookout.vision.objects.choosing import NEEDED, chosen
from lookout.vision.objects.models import default_folder
from scenery import Scene
from services.analytics.service import GROUP

WORKERS: Final = (1, 2, 4)
PICTURES: Final = 24  # different ones
SIZE: Final = (1280, 720)  # pixels of the drawn ones
WARM_UP: Final = 3.0  # seconds, until all workers look
AT_ONCE: Final = 100  # images in one write
STEPS: Final = ("read", "look", "write")


async def measure(folder: Path, given: Namespace) -> dict[str, Any]:
    """A row for each number of workers, and one for the time from the shutter on."""
    if importlib.util.find_spec("cv2") is None:
        raise SystemExit(NEEDED)
    model = chosen("auto", default_folder())
    pictures = await asyncio.to_thread(_pictures, given.film)
    for number, jpeg in enumerate(pictures):
        (folder / "pictures").mkdir(exist_ok=True)
        (folder / "pictures" / f"{number:03}.jpg").write_bytes(jpeg)
    rows: dict[str, Any] = {}
    for number in WORKERS:
        bare = await asyncio.to_thread(_bare, folder / "pictures", model, number, given.seconds)
        row = await _workers(folder / f"{number}", pictures, model, number, given.seconds, bare)
        rows[f"{number} worker{'s' if number > 1 else ''}"] = row
    one = rows["1 worker"]["images_per_second"]
    latency = await _latency(folder / "latency", pictures, model, one / 2, given.seconds)
    return {**rows, "shutter to detection": latency}


def _pictures(film: Path | None) -> list[bytes]:
    """Frames of the film, evenly spread over it; drawn places where there is none."""
    if film is None:
        scenes = [Scene(seed, SIZE) for seed in range(3)]
        return [_jpeg(scenes[n % 3].draw(1_764_000_000.0 + 40 * n)) for n in range(PICTURES)]
    with av.open(str(film)) as opened_film:
        stream = opened_film.streams.video[0]
        every = max(1, stream.frames // PICTURES)
        frames = enumerate(opened_film.decode(stream))
        return [_still(frame) for number, frame in frames if number % every == 0]


def _still(frame: av.VideoFrame) -> bytes:
    return _jpeg(frame.to_image())  # type: ignore[no-untyped-call]


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _bare(pictures: Path, model: str, number: int, seconds: float) -> float:
    """Images a second of so many bare loops at once."""
    options = ["--folder", str(pictures), "--model", model, "--seconds", str(seconds)]
    command = [sys.executable, "-m", "bench.bare", *options]
    loops = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(number)
    ]
    for loop in loops:
        assert loop.stdout is not None
        assert loop.stdout.readline() == "ready\n"
    return sum(float(loop.communicate()[0]) for loop in _gone(loops))


def _gone(loops: Sequence["subprocess.Popen[str]"]) -> Sequence["subprocess.Popen[str]"]:
    """All of them told to begin, before the first is waited for."""
    for loop in loops:
        assert loop.stdin is not None
        loop.stdin.write("go\n")
        loop.stdin.flush()
    return loops


async def _workers(
    folder: Path, pictures: Sequence[bytes], model: str, number: int, seconds: float, bare: float
) -> dict[str, Any]:
    async with _hub(folder) as (broker, redis), opened(RedisSettings(url=redis.url)) as client:
        group = Group(client, keys.IMAGES_STREAM, GROUP, "bench")
        await group.join()
        # Twice what the bare loops could do, and the time until all workers are there.
        await _store(client, pictures, math.ceil(bare * (2 * seconds + WARM_UP) + 100))
        ports = [free_port() for _ in range(number)]
        workers = [_start(broker, redis, folder, model, n + 1, ports[n]) for n in range(number)]
        try:
            await until_online(broker, number)
            await asyncio.sleep(WARM_UP)
            left, before, began = await group.lag(), await _steps(ports), time.perf_counter()
            await asyncio.sleep(seconds)
            done, after = left - await group.lag(), await _steps(ports)
            rate = done / (time.perf_counter() - began)
        finally:
            for worker in workers:
                await worker.stop()
    spent = {name: after[name][0] - before[name][0] for name in STEPS}
    looked = max(1.0, after["look"][1] - before["look"][1])
    return {
        "model": model,
        "images_per_second": round(rate, 2),
        "bare_loops_per_second": round(bare, 2),
        "ratio": round(rate / bare, 2),
        **{f"{name}_ms": round(spent[name] / looked * 1000, 1) for name in STEPS},
    }


async def _latency(
    folder: Path, pictures: Sequence[bytes], model: str, rate: float, seconds: float
) -> dict[str, Any]:
    """Through broker, ingest and one worker; the shutter is when the picture is published."""
    found: list[float] = []
    async with (
        _hub(folder) as (broker, redis),
        Session(Broker(url=broker.url("hub")), "bench-analytics") as session,
    ):
        ingest = start_service("ingest", broker, redis, folder)
        worker = _start(broker, redis, folder, model, 1, free_port())
        detections = session.subscribe("lookout/bench/detection")

        async def listen() -> None:
            async for message in detections:
                seconds = time.time() - Detection.decode(message.payload).timestamp
                found.append(seconds)

        listening = asyncio.create_task(listen(), name="detections")
        try:
            await until_online(broker, 2)
            await _publish(session, pictures, rate, seconds)
            await asyncio.sleep(WARM_UP)
        finally:
            await cancel(listening)
            await worker.stop()
            await ingest.stop()
    found.sort()
    return {
        "images_per_second": round(rate, 2),
        "detections": len(found),
        "p50_ms": round(1000 * found[len(found) // 2]),
        "p95_ms": round(1000 * found[len(found) * 95 // 100]),
    }


async def _publish(
    session: Session, pictures: Sequence[bytes], rate: float, seconds: float
) -> None:
    began = time.monotonic()
    for number in range(max(20, math.ceil(rate * seconds))):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        at = round(time.time() * 1000)
        await session.publish(
            "lookout/bench/image",
            pictures[number % len(pictures)],
            properties={"id": f"bench:{at}", "timestamp": f"{at / 1000:.3f}"},
            content_type=IMAGE_TYPE,
        )


@asynccontextmanager
async def _hub(folder: Path) -> AsyncIterator[tuple[Mosquitto, RedisServer]]:
    async with (
        Mosquitto(folder / "broker", {"hub": PASSWORD}) as broker,
        RedisServer(folder / "redis", password=PASSWORD) as redis,
    ):
        yield broker, redis


def _start(
    broker: Mosquitto, redis: RedisServer, folder: Path, model: str, number: int, port: int
) -> Child:
    return start_service(
        "analytics",
        broker,
        redis,
        folder,
        worker=number,
        LOOKOUT_ANALYTICS__MODEL=model,
        LOOKOUT_ANALYTICS__MAX_BEHIND="0",  # else it would skip some, which takes no time
        LOOKOUT_ANALYTICS__METRICS_PORT=str(port),
    )


async def _store(client: Client, pictures: Sequence[bytes], count: int) -> None:
    at = time.time() - count
    for start in range(0, count, AT_ONCE):
        batch = [
            NewImage(
                f"bench:{round((at + n) * 1000)}", "bench", at + n, at + n, *SIZE,
                pictures[n % len(pictures)],
            )
            for n in range(start, min(count, start + AT_ONCE))
        ]  # fmt: skip
        await Images(client).store(batch, ttl=3_600)


async def _steps(ports: Sequence[int]) -> dict[str, tuple[float, float]]:
    """Of each step the seconds and the number so far, of all workers."""
    texts = [await asyncio.to_thread(_metrics, port) for port in ports]
    return {name: (_sum(texts, name, "sum"), _sum(texts, name, "count")) for name in STEPS}


def _sum(texts: Sequence[str], step: str, what: str) -> float:
    mark = f'lookout_analytics_step_seconds_{what}{{step="{step}"}} '
    lines = (line for text in texts for line in text.splitlines())
    return sum(float(line.removeprefix(mark)) for line in lines if line.startswith(mark))


def _metrics(port: int) -> str:
    with urllib.request.urlopen(f"http://{HOST}:{port}/metrics", timeout=10) as answer:
        text: str = answer.read().decode()
        return text
