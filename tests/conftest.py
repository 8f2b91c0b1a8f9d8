"""Fixtures that all tests share: real servers, services as processes, nothing left behind."""

import asyncio
import gc
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from lookout.bus.session import Session
from lookout.embedded.child import Child
from lookout.host.settings import Broker, Redis
from lookout.store.client import Client, opened
from tests.support import leftovers, purity
from tests.support.servers import BrokerServer, StoreServer, make_broker, make_store
from tests.support.services import ServiceStarter
from tests.support.shared import OWN, USERS, SharedServers
from tests.support.waiting import eventually
from tests.support.warm import PROGRAMS


def pytest_configure(config: pytest.Config) -> None:
    """No example of Hypothesis has a deadline, which a busy machine would break.

    A shell starts what runs in its background with Ctrl-C ignored, and children inherit that.
    """
    gc.disable()  # until all is imported
    hypothesis.settings.register_profile("whole", deadline=None)
    hypothesis.settings.register_profile("fast", deadline=None, max_examples=10)
    hypothesis.settings.load_profile("fast" if config.getoption("fast") else "whole")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--fast", action="store_true", help="pure tests only (tests/support/purity.py)"
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With --fast, do not even import a file that has no pure test."""
    is_file = collection_path.name.startswith("test_") and collection_path.suffix == ".py"
    if config.getoption("fast") and is_file and not purity.pure_tests(collection_path):
        return True
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("fast"):
        return
    others = [item for item in items if not purity.is_pure(item)]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]
    purity.hold()


def pytest_collection_finish() -> None:
    """What was imported stays: to look through it again and again took a quarter of `--fast`."""
    gc.freeze()
    gc.enable()


def pytest_sessionfinish() -> None:
    PROGRAMS.stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what tests had to report: their property `report`."""
    for outcomes in terminalreporter.stats.values():
        for outcome in outcomes:
            properties = dict(getattr(outcome, "user_properties", ()))
            if getattr(outcome, "when", "") == "call" and "report" in properties:
                terminalreporter.section(outcome.nodeid.rpartition("::")[2])
                terminalreporter.write_line(properties["report"])


@pytest.fixture(scope="session")
def shared_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedServers]:
    """The servers of this process, for all its tests that do not stop or configure one."""
    servers = SharedServers(tmp_path_factory.mktemp("servers"))
    yield servers
    asyncio.run(servers.stop())


@pytest.fixture(autouse=True)
async def nothing_left_behind(shared_servers: SharedServers) -> AsyncIterator[None]:
    """Fails a test that leaves a task pending or a process running."""

    def found() -> set[int]:
        programs = set(PROGRAMS.pids())
        ours = leftovers.children().union(*map(leftovers.children, programs))
        return ours - programs - shared_servers.pids()

    before = found()

    def processes() -> set[int]:
        return found() - before

    yield
    try:
        await eventually(lambda: not leftovers.tasks(), 10.0)
        await eventually(lambda: not processes(), 10.0)
    except AssertionError:
        names = [leftovers.describe(pid) for pid in processes()]
        pytest.fail(f"left behind: tasks {leftovers.tasks()}, processes {names}")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An empty folder for what services write."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
async def broker(
    request: pytest.FixtureRequest, shared_servers: SharedServers, tmp_path: Path
) -> AsyncIterator[BrokerServer]:
    """An empty Mosquitto with the users hub, garden, barn, gate and esp32."""
    if not request.node.get_closest_marker(OWN):
        yield await shared_servers.broker()
        return
    async with make_broker(tmp_path / "broker", USERS) as server:
        yield server


@pytest.fixture
def mqtt_settings(broker: BrokerServer) -> Callable[[str], Broker]:
    """The settings by which a user reaches the broker."""
    return lambda user: Broker(url=broker.url(user))


@pytest.fixture
async def redis_server(
    request: pytest.FixtureRequest, shared_servers: SharedServers, tmp_path: Path
) -> AsyncIterator[StoreServer]:
    """An empty Redis with search and an append-only file."""
    if not request.node.get_closest_marker(OWN):
        yield await shared_servers.store()
        return
    async with make_store(tmp_path / "redis") as server:
        yield server


@pytest.fixture
def redis_url(redis_server: StoreServer) -> str:
    """How to reach that Redis."""
    return redis_server.url


@pytest.fixture
async def service(
    broker: BrokerServer, redis_server: StoreServer, data: Path
) -> AsyncIterator[Callable[..., Child]]:
    """Starts `python -m services.NAME`: `service("ingest")`, `service("camera", user="garden")`.

    Further keywords are environment variables. The answer can be stopped, killed and started
    again; the logs are shown when the test fails.
    """
    starter = ServiceStarter(broker, redis_server, data)
    yield starter.start
    await starter.stop_all()
    sys.stdout.write(starter.logs())


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Client]:
    """A client of the test's Redis."""
    async with opened(Redis(url=redis_url)) as redis:
        yield redis


@pytest.fixture
async def hub(mqtt_settings: Callable[[str], Broker]) -> AsyncIterator[Session]:
    """The hub's side of the test's broker."""
    async with Session(mqtt_settings("hub"), "test-hub") as session:
        await session.connected()
        yield session
