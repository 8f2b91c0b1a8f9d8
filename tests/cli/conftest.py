"""The `lookout` command as a person runs it, and a node that answers as the test says."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import ConfigDict, JsonValue

from lookout.bus.commands import Arguments, Services
from lookout.bus.events import EventBus
from lookout.bus.journal import Journal
from lookout.bus.session import Session
from lookout.contract.commands import Command
from lookout.contract.topics import Topics
from lookout.host.settings import Broker
from lookout.host.tasks import cancel
from tests.support.servers import BrokerServer, StoreServer
from tests.support.services import clean_environment
from tests.support.warm import Piped, piped

SECONDS = 30.0  # a command may take, on a busy machine
TOPICS = Topics()


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Cli = Callable[..., Awaitable[Said]]
Handler = Callable[[Mapping[str, JsonValue]], Awaitable[dict[str, JsonValue]]]
StartNode = Callable[..., AbstractAsyncContextManager[Session]]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment that knows of no hub, and of no demo."""
    return clean_environment() | {"XDG_RUNTIME_DIR": str(tmp_path / "runtime"), "TERM": "dumb"}


@pytest.fixture
def cli(environment: dict[str, str]) -> Cli:
    """Runs `lookout` with these arguments; keywords are environment variables.

    `constants` are what some of its modules' constants are, as monkeypatch would set them.
    """

    async def run(
        *arguments: str, constants: Mapping[str, float] | None = None, **more: str
    ) -> Said:
        process = await start_cli(*arguments, environment=environment | more, constants=constants)
        async with asyncio.timeout(SECONDS):
            out, err = await process.communicate()
        return Said(process.returncode or 0, out.decode(), err.decode())

    return run


async def start_cli(
    *arguments: str,
    environment: Mapping[str, str],
    constants: Mapping[str, float] | None = None,
) -> Piped:
    """Start `lookout` and leave it running."""
    return await piped("lookout.cli.main:main", ["lookout", *arguments], environment, constants)


@pytest.fixture
def on_bus(cli: Cli, broker: BrokerServer) -> Cli:
    """`lookout` with the test's broker."""

    async def run(*arguments: str) -> Said:
        return await cli(*arguments, LOOKOUT_MQTT__URL=broker.url("hub"))

    return run


@pytest.fixture
def on_store(cli: Cli, redis_server: StoreServer) -> Cli:
    """`lookout` with the test's Redis."""

    async def run(*arguments: str) -> Said:
        return await cli(*arguments, LOOKOUT_REDIS__URL=redis_server.url)

    return run


class Anything(Arguments):
    """Whatever is sent."""

    model_config = ConfigDict(frozen=True, extra="allow")


@pytest.fixture
def node(broker: BrokerServer, tmp_path: Path) -> StartNode:
    """Starts a node whose services do what the test says: `node("garden", capture=handler)`."""

    @asynccontextmanager
    async def start(name: str, **handlers: Handler) -> AsyncIterator[Session]:
        settings = Broker(url=broker.url(name))
        async with Session(settings, name, presence=TOPICS.status(name)) as session:
            events = EventBus(session, TOPICS, origin=name)
            journal = Journal(tmp_path / f"{name}.json")
            services = Services(session, TOPICS, name, events, journal)
            for service, handler in handlers.items():
                services.register(service, Anything, _obeying(handler))
            serving = asyncio.create_task(services.serve(), name=f"node {name}")
            await session.connected()
            try:
                yield session
            finally:
                await cancel(serving)

    return start


def _obeying(
    handler: Handler,
) -> Callable[[Anything, Command], Awaitable[dict[str, JsonValue]]]:
    async def obey(_: Anything, command: Command) -> dict[str, JsonValue]:
        return await handler(command.arguments)

    return obey
