"""The real servers that tests run against: containers where Docker answers, else processes."""

import os
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from lookout.embedded.broker import Mosquitto
from lookout.embedded.redis_server import RedisServer

PASSWORD = "secret of the tests"


class Server(Protocol):
    """A server that a test may stop, kill and start again on the same port and data."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def kill(self) -> None: ...

    def freeze(self) -> None: ...

    def thaw(self) -> None: ...


class BrokerServer(Server, Protocol):
    """A Mosquitto."""

    @property
    def port(self) -> int: ...

    def url(self, user: str) -> str: ...

    def add_user(self, name: str, password: str) -> None: ...

    def configure(self, more: str) -> None: ...


class StoreServer(Server, Protocol):
    """A Redis-protocol server with search."""

    @property
    def port(self) -> int: ...

    @property
    def url(self) -> str: ...


def make_broker(folder: Path, users: dict[str, str]) -> BrokerServer:
    """A broker, not started yet."""
    if use_docker():
        from tests.support.containers import MosquittoContainer

        return MosquittoContainer(folder, users)
    return Mosquitto(folder, users)


def log_of(broker: BrokerServer) -> str:
    """All that the broker wrote to its log."""
    if isinstance(broker, Mosquitto):
        return broker.log.read_text()
    from tests.support.containers import MosquittoContainer

    assert isinstance(broker, MosquittoContainer)
    return broker.logged()


def make_store(folder: Path, *, maxmemory: int | None = None) -> StoreServer:
    """A Redis with an append-only file, not started yet."""
    if use_docker():
        from tests.support.containers import RedisContainer

        return RedisContainer(folder, password=PASSWORD, maxmemory=maxmemory)
    return RedisServer(folder, password=PASSWORD, maxmemory=maxmemory)


@cache
def use_docker() -> bool:
    """LOOKOUT_TEST_SERVERS=docker or local decides; unset, whether a Docker engine answers."""
    wanted = os.environ.get("LOOKOUT_TEST_SERVERS", "")
    if wanted not in {"", "docker", "local"}:
        raise ValueError(f"LOOKOUT_TEST_SERVERS={wanted}: must be docker or local")
    return wanted == "docker" or (not wanted and _docker_answers())


def _docker_answers() -> bool:
    if not os.environ.get("DOCKER_HOST") and not Path("/var/run/docker.sock").exists():
        return False
    import docker

    try:
        client = docker.from_env(timeout=5)
        try:
            return bool(client.ping())
        finally:
            client.close()
    except docker.errors.DockerException:
        return False
