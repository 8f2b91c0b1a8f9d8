"""Many nodes in one process: each has its own login, will, readings, images and receipts.

Prints one JSON object: when it began and ended, and the seconds from publish to receipt of each.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from contextlib import AsyncExitStack
from typing import Final

from bench.sender import jpeg_of
from lookout.bus.session import Session
from lookout.bus.subscription import Subscription
from lookout.contract.hub import parse_receipt
from lookout.contract.images import IMAGE_TYPE
from lookout.contract.topics import Topics
from lookout.host.run import keep_large_buffers
from lookout.host.settings import Broker
from lookout.host.tasks import cancel

TOPICS: Final = Topics()
PATIENCE: Final = 60.0  # seconds after the last image until what has no receipt counts as lost
AT_ONCE: Final = 50  # nodes that connect at the same time


class Node:
    """A node without a spool: what the hub does not confirm is lost."""

    def __init__(self, name: str, session: Session) -> None:
        self.name = name
        self.seconds: list[float] = []
        self.waiting: dict[str, float] = {}  # image id -> when it was sent
        self._session = session

    async def live(self, count: int, interval: float, jpeg: bytes) -> None:
        """An image and a reading in each interval, beginning anywhere in the first one."""
        topics, name = TOPICS, self.name
        await self._session.publish(topics.info(name), '{"version": "bench"}', retain=True)
        await asyncio.sleep(random.uniform(0, interval))
        for _ in range(count):
            began = time.monotonic()
            reading = json.dumps({"timestamp": round(time.time(), 3), "lux": 110.0})
            await self._session.publish(topics.reading(name), reading, retain=True)
            identifier = f"{name}:{round(time.time() * 1000)}"
            self.waiting[identifier] = time.monotonic()
            await self._session.publish(
                topics.image(name), jpeg, properties={"id": identifier}, content_type=IMAGE_TYPE
            )
            await asyncio.sleep(max(0.0, began + interval - time.monotonic()))

    async def take_receipts(self, receipts: Subscription) -> None:
        """Note how long each image took."""
        async for message in receipts:
            for identifier in parse_receipt(message.payload).ids:
                if (sent := self.waiting.pop(identifier, None)) is not None:
                    self.seconds.append(time.monotonic() - sent)


async def main(options: argparse.Namespace) -> None:
    """Connect all, wait for the word, live, wait for the last receipts, report."""
    number = int(options.node.rpartition("-")[2])
    names = [node_name(number * options.number + index) for index in range(options.number)]
    turn, jpeg = asyncio.Semaphore(AT_ONCE), jpeg_of(options.size)
    async with AsyncExitStack() as stack:
        nodes = await asyncio.gather(*(_connected(stack, name, options, turn) for name in names))
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        began = time.time()
        await asyncio.gather(*(node.live(options.count, options.interval, jpeg) for node in nodes))
        await _all_confirmed(nodes)
        ended = time.time()
    seconds = [each for node in nodes for each in node.seconds]
    print(json.dumps({"began": began, "ended": ended, "seconds": seconds}), flush=True)


async def _connected(
    stack: AsyncExitStack, name: str, options: argparse.Namespace, turn: asyncio.Semaphore
) -> Node:
    broker = Broker(url=f"mqtt://{name}:{options.password}@127.0.0.1:{options.port}")
    session = Session(broker, f"lookout-{name}", presence=TOPICS.status(name), session_expiry=300)
    node = Node(name, session)
    receipts = session.subscribe(TOPICS.stored(name))
    for commands in TOPICS.commands_for(name):
        session.subscribe(commands)
    async with turn:
        await stack.enter_async_context(session)
        await session.connected()
    taking = asyncio.create_task(node.take_receipts(receipts), name=f"receipts of {name}")
    stack.push_async_callback(cancel, taking)
    return node


async def _all_confirmed(nodes: list[Node]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if not any(node.waiting for node in nodes):
            return
        await asyncio.sleep(0.1)


def node_name(number: int) -> str:
    return f"fleet{number}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--node", required=True, help="the number of this process is at its end")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--number", type=int, required=True, help="nodes in this process")
    parser.add_argument("--count", type=int, required=True, help="images of each")
    parser.add_argument("--interval", type=float, required=True)
    parser.add_argument("--size", type=int, required=True)
    keep_large_buffers()
    asyncio.run(main(parser.parse_args()))
