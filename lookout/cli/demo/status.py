"""What the gallery says of the running demo, in one line."""

import asyncio
import json
import time
from collections import deque
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

from lookout.errors import LookoutError

REQUEST_SECONDS = 3.0
RATE_SECONDS = 10.0  # images per second are an average over this long


class NoAnswer(LookoutError):
    """The gallery does not answer, or not as expected."""


@dataclass(frozen=True, slots=True)
class Status:
    """How the demo is doing."""

    images: int
    online: int
    known: int
    rate: float  # images per second

    def __str__(self) -> str:
        return (
            f"{self.images} images stored, {self.online} of {self.known} nodes online, "
            f"{self.rate:.1f} images/s"
        )


class Gallery:
    """The demo's gallery, asked over HTTP like any other client would."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._counts: deque[tuple[float, int]] = deque(maxlen=1000)

    async def is_ready(self) -> bool:
        """Whether it answers and reaches its servers."""
        try:
            await asyncio.to_thread(self._get, "/healthz")
        except NoAnswer:
            return False
        return True

    async def status(self) -> Status:
        """Raises NoAnswer."""
        nodes = (await asyncio.to_thread(self._get, "/api/nodes"))["nodes"]
        images = sum(node["counters"]["images"] for node in nodes)
        online = sum(node["status"] == "online" for node in nodes)
        return Status(images, online, len(nodes), self._rate(images))

    def _rate(self, images: int) -> float:
        now = time.monotonic()
        while self._counts and now - self._counts[0][0] > RATE_SECONDS:
            self._counts.popleft()
        self._counts.append((now, images))
        since, before = self._counts[0]
        return (images - before) / (now - since) if now > since else 0.0

    def _get(self, path: str) -> Any:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=REQUEST_SECONDS)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, HTTPException) as error:
            raise NoAnswer(str(error)) from None
        finally:
            connection.close()
        if answer.status != 200:
            raise NoAnswer(f"{path}: {answer.status} {answer.reason}")
        return json.loads(body)
