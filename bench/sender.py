"""One sender process: publishes JPEGs with QoS 1, and with --receipts waits until all are stored.

Prints one JSON object: when it began and ended, and the seconds from publish to stored of each.
"""

import argparse
import asyncio
import io
import json
import sys
import time
from typing import Final

from PIL import Image

from lookout.bus.session import Session
from lookout.bus.subscription import Subscription
from lookout.contract.hub import parse_receipt
from lookout.contract.images import IMAGE_TYPE, ImageMeta, split_image_id
from lookout.host.run import keep_large_buffers
from lookout.host.settings import Broker
from lookout.host.tasks import cancel

PATIENCE = 60.0  # seconds without any receipt until the rest counts as lost
NINE: Final = ImageMeta(
    id="garden:1764096000123",
    timestamp=1_764_096_000.123,
    lux=110.5,
    temperature=21.5,
    width=1920,
    height=1080,
    trigger="interval",
    context_id="01JDN5ZV8K3M0S9C1T7X2Y4W6Q",
    meta={"exposure_us": 10_000, "gain": 1.5, "colour_temperature": 5200},
).to_properties()


def jpeg_of(size: int) -> bytes:
    """A real JPEG of about `size` bytes."""
    side, buffer = 64, io.BytesIO()
    while buffer.tell() < size:
        # Bytes grow with the square of the side; a little more, to be there in a few steps.
        side = max(side + 16, int(side * 1.01 * (size / max(buffer.tell(), 4_000)) ** 0.5))
        buffer = io.BytesIO()
        Image.effect_noise((side, side), 60).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def properties_of(identifier: str) -> dict[str, str]:
    """All nine that a camera sends."""
    return {**NINE, "id": identifier, "timestamp": f"{split_image_id(identifier)[1] / 1000:.3f}"}


class Sender:
    """Keeps `window` publishes under way, and `ahead` at most without a receipt.

    A node's spool would send again what a full broker drops; here a dropped image is a lost one.
    """

    def __init__(
        self, session: Session, node: str, size: int, *, window: int, ahead: int | None
    ) -> None:
        self._session = session
        self._node = node
        self._jpeg = jpeg_of(size)
        self._window = asyncio.Semaphore(window)
        self._ahead = asyncio.Semaphore(ahead) if ahead else None
        self.sent_at: dict[str, float] = {}
        self.seconds: list[float] = []
        self._stored = asyncio.Event()

    async def send(self, count: int, base: int) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                if self._ahead is not None:
                    await self._ahead.acquire()
                await self._window.acquire()
                group.create_task(self._publish(f"{self._node}:{base + number}"))

    async def _publish(self, identifier: str) -> None:
        self.sent_at[identifier] = time.perf_counter()
        await self._session.publish(
            f"lookout/{self._node}/image",
            self._jpeg,
            properties=properties_of(identifier),
            content_type=IMAGE_TYPE,
        )
        self._window.release()

    async def take_receipts(self, receipts: Subscription) -> None:
        async for message in receipts:
            for identifier in parse_receipt(message.payload).ids:
                if (sent := self.sent_at.pop(identifier, None)) is not None:
                    self.seconds.append(time.perf_counter() - sent)
                    if self._ahead is not None:
                        self._ahead.release()
            self._stored.set()

    async def all_stored(self) -> None:
        while self.sent_at:
            self._stored.clear()
            async with asyncio.timeout(PATIENCE):
                await self._stored.wait()


async def main(options: argparse.Namespace) -> None:
    """Send, wait, report."""
    async with Session(Broker(url=options.url), f"bench-{options.node}") as session:
        ahead = options.ahead if options.receipts else None
        sender = Sender(session, options.node, options.size, window=options.window, ahead=ahead)
        receipts = session.subscribe(f"lookout/{options.node}/stored")
        taking = asyncio.create_task(sender.take_receipts(receipts), name="receipts")
        await session.connected()
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        began = time.time()
        await sender.send(options.count, base=int(began * 1000) - options.count)
        if options.receipts:
            await sender.all_stored()
        ended = time.time()
        await cancel(taking)
        print(json.dumps({"began": began, "ended": ended, "seconds": sender.seconds}), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--node", required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--window", type=int, default=20)
    parser.add_argument("--ahead", type=int, default=300)
    parser.add_argument("--receipts", action="store_true")
    keep_large_buffers()
    asyncio.run(main(parser.parse_args()))
