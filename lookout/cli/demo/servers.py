"""The demo's broker and Redis: private ones, or those that the environment names."""

import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from lookout.embedded.broker import Mosquitto
from lookout.embedded.redis_server import RedisServer

BROKER_URL, REDIS_URL = "LOOKOUT_MQTT__URL", "LOOKOUT_REDIS__URL"
HUB = "hub"
MOST_MEMORY = 256 << 20  # bytes of images; then the oldest make room
STOP_SECONDS = 0.7  # each: the services are gone by then


@dataclass(frozen=True, slots=True)
class Servers:
    """How each user reaches the broker, and how the hub reaches Redis."""

    mqtt: Mapping[str, str]
    redis: str
    own: Mapping[str, Callable[[], bool]]  # what we started -> whether it runs

    @property
    def trouble(self) -> str:
        """Which of them has ended, for a person; empty while all run."""
        return " ".join(
            f"{name} has ended: nothing is stored any more. Press Ctrl-C and start the demo again."
            for name, runs in self.own.items()
            if not runs()
        )


@asynccontextmanager
async def opened(folder: Path, nodes: Iterable[str]) -> AsyncIterator[Servers]:
    """Start what the environment does not name. Raises Missing or NotStarted."""
    users = {name: secrets.token_urlsafe(24) for name in (HUB, *nodes)}
    own: dict[str, Callable[[], bool]] = {}
    async with AsyncExitStack() as stack:
        if named := os.environ.get(BROKER_URL):
            mqtt = dict.fromkeys(users, named)
        else:
            broker = Mosquitto(folder / "mosquitto", users)
            stack.push_async_callback(broker.stop, STOP_SECONDS)
            await broker.start()
            own["The broker"] = lambda: broker.running
            mqtt = {name: broker.url(name) for name in users}
        redis = os.environ.get(REDIS_URL)
        if not redis:
            server = await _own_redis(folder, stack)
            redis, own["Redis"] = server.url, lambda: server.running
        yield Servers(mqtt, redis, own)


async def _own_redis(folder: Path, stack: AsyncExitStack) -> RedisServer:
    password = secrets.token_urlsafe(24)
    server = RedisServer(folder / "redis", password=password, maxmemory=MOST_MEMORY)
    stack.push_async_callback(server.stop, STOP_SECONDS)
    await server.start()
    return server
