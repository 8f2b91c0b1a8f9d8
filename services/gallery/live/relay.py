"""The nodes' live views, relayed: one connection to a node, however many watch it here.

Browsers never learn a node's own address, nor the token in it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import structlog

from lookout.errors import LookoutError
from lookout.host.tasks import cancel
from lookout.store.errors import StoreError
from lookout.store.nodes import Nodes
from lookout.video.frames import Frames
from services.gallery.web.problems import Problem, not_found

FIRST_FRAME_SECONDS: Final = 15.0
CONNECT_SECONDS: Final = 5.0
SILENT_SECONDS: Final = 15.0  # without a byte from the node, then it is asked anew
RETRY_SECONDS: Final = 2.0
GIVE_UP_TRIES: Final = 5  # in a row; then its viewers are let go
LARGEST_FRAME: Final = 8 * 1024 * 1024  # bytes
_JPEG: Final = b"\xff\xd8"
# Where clouds tell their machines who they are; other link-local ones may be a node on a cable.
CLOUDS: Final = frozenset({"169.254.169.254", "169.254.170.2", "fd00:ec2::254"})

logger = structlog.get_logger()


class NoLiveView(LookoutError):
    """The node gives no live view now; the message says why, without its address."""


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
                self._trouble = _why(error)
            failures = 0 if self.frames.number > before else failures + 1
            await asyncio.sleep(RETRY_SECONDS)
        logger.warning("no live view to relay", node=self._node, reason=self._trouble)

    async def _follow(self, http: aiohttp.ClientSession) -> None:
        url = await live_url(self._nodes, self._node)
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENT_SECONDS
        )
        async with http.get(url, timeout=timeout, allow_redirects=False) as answer:
            if answer.status != HTTPStatus.OK or not answer.content_type.startswith("multipart/"):
                raise NoLiveView(f"its live view answers {answer.status}")
            reader = aiohttp.MultipartReader.from_response(answer)
            while (part := await reader.next()) is not None:
                if not isinstance(part, aiohttp.BodyPartReader):
                    raise NoLiveView("its live view is not a film")
                self.frames.publish(await _jpeg(part))


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


async def live_url(nodes: Nodes, node: str) -> str:
    """Where a node says that its live view is. Raises NoLiveView or a StoreError."""
    fields = await nodes.get(node)
    if fields is None:
        raise NoLiveView("there is no such node")
    if fields.get("status") == "offline":
        raise NoLiveView("it is offline")
    url = (fields.get("info") or {}).get("live_url")
    if not isinstance(url, str):
        raise NoLiveView("its live view is off (call its service `live` with on: true)")
    if not _is_address(url):
        raise NoLiveView("it does not say where its live view is")
    return url


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError when it is none
    except ValueError:  # such as http://[
        return False
    # No login of the node's choice to somebody else: a token in the query is enough for its own.
    is_plain = parts.scheme in {"http", "https"} and "@" not in parts.netloc
    return is_plain and bool(parts.hostname) and _is_a_place(parts.hostname or "")


def _is_a_place(host: str) -> bool:
    """Whether a node can be there, as far as numbers tell: not where clouds keep their secrets."""
    try:
        address = ip_address(host)
    except ValueError:
        return True  # a name
    address = getattr(address, "ipv4_mapped", None) or address
    return not (str(address) in CLOUDS or address.is_multicast or address.is_unspecified)


async def _jpeg(part: aiohttp.BodyPartReader) -> bytes:
    """One frame. Raises NoLiveView when it is none."""
    content = bytearray()
    while chunk := await part.read_chunk(65_536):
        content += chunk
        if len(content) > LARGEST_FRAME:
            raise NoLiveView("its pictures are too large")
    if not content.startswith(_JPEG):
        raise NoLiveView("its live view holds no JPEGs")
    return bytes(content)


def _why(error: Exception) -> str:
    if isinstance(error, NoLiveView):
        return str(error)
    if isinstance(error, StoreError):
        return "Redis does not answer"
    if isinstance(error, TimeoutError):
        return "its live view does not answer"
    if isinstance(error, aiohttp.ClientError):
        return f"its live view cannot be reached from here ({type(error).__name__})"
    return f"its live view cannot be read ({type(error).__name__})"
