"""The nodes' live views, relayed: one connection to a node, however many watch it here.

Browsers never learn a node's own address, nor the token in it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import Final

import aiohttp
import structlog

from lookout.host.tasks import cancel
from lookout.store.nodes import Nodes
from lookout.video.following import NoLiveView, followed, live_url, why
from lookout.video.frames import Frames
from services.gallery.web.problems import Problem, not_found

FIRST_FRAME_SECONDS: Final = 15.0
RETRY_SECONDS: Final = 2.0
GIVE_UP_TRIES: Final = 5  # in a row; then its viewers are let go

logger = structlog.get_logger()


class Relay:
    """One node's frames."""

    def __init__(self, node: str, nodes: Nodes) -> None:
        self.frames = Frames()
        self.viewers = 0
        self._node = node
        self._nodes = nodes
        self._trouble = "it gives no picture"

    async def first_frame(self) -> None:
        """Wait for a frame. Raises a 502 Problem when none comes."""
        try:
            async with asyncio.timeout(FIRST_FRAME_SECONDS):
                await self.frames.after(0)
        except (TimeoutError, EOFError):
            detail = f"{self._node} cannot be watched: {self._trouble}."
            raise Problem(HTTPStatus.BAD_GATEWAY, detail) from None

    async def run(self) -> None:
        """Take frames from the node until cancelled, or until it gives none any more."""
        try:
            async with aiohttp.ClientSession() as http:
                await self._follow_again_and_again(http)
        finally:
            self.frames.close()

    async def _follow_again_and_again(self, http: aiohttp.ClientSession) -> None:
        failures = 0
        while failures < GIVE_UP_TRIES:
            before = self.frames.number
            try:
                await self._follow(http)
            except (
                Exception
            ) as error:  # what a node sends is read by foreign code, errors of any kind
                self._trouble = why(error)
            failures = 0 if self.frames.number > before else failures + 1
            await asyncio.sleep(RETRY_SECONDS)
        logger.warning("no live view to relay", node=self._node, reason=self._trouble)

    async def _follow(self, http: aiohttp.ClientSession) -> None:
        url = await live_url(self._nodes, self._node)
        async for jpeg in followed(http, url):
            self.frames.publish(jpeg)


class Relays:
    """Every relay that somebody watches."""

    def __init__(self, nodes: Nodes, *, most_viewers: int) -> None:
        self._nodes = nodes
        self._most = most_viewers
        self._answers = 0
        self._relays: dict[str, Relay] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def check(self, node: str) -> None:
        """Raises a 404 Problem when there is nothing to watch."""
        try:
            await live_url(self._nodes, node)
        except NoLiveView as error:
            raise not_found(f"{node} cannot be watched: {error}.") from None

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """One who watches, be it one film or a wall. Raises a 503 Problem when too many do."""
        if self._answers >= self._most:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"{self._most} are watching already: raise LOOKOUT_GALLERY__VIEWERS.",
            )
        self._answers += 1
        try:
            yield
        finally:
            self._answers -= 1

    @asynccontextmanager
    async def watched(self, node: str) -> AsyncIterator[Relay]:
        """A node's relay, running for as long as anybody holds it."""
        relay = self._relays.get(node)
        if relay is None or relay.frames.closed:
            relay = self._relays[node] = Relay(node, self._nodes)
            self._tasks[node] = asyncio.create_task(relay.run(), name=f"live view of {node}")
        task = self._tasks[node]
        relay.viewers += 1
        try:
            yield relay
        finally:
            relay.viewers -= 1
            if not relay.viewers:
                if self._relays.get(node) is relay:
                    del self._relays[node], self._tasks[node]
                await cancel(task)

    def close(self) -> None:
        """Let every viewer go: the process stops."""
        for relay in self._relays.values():
            relay.frames.close()
