"""The whole system as processes, with a network between them that can fail."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from lookout.embedded.child import Child
from lookout.host.settings import Redis
from lookout.store.client import Client, opened
from tests.support.fake_clock import FakeClock, has_faketime
from tests.support.proxy import Proxy
from tests.support.servers import (
    PASSWORD,
    BrokerServer,
    StoreServer,
    make_broker,
    make_store,
)
from tests.support.services import ServiceStarter
from tests.support.small_disk import SmallDisk, may_mount, small_disk

NODES = ("garden", "barn")
USERS = ("hub", *NODES)
KEEPALIVE = "5"  # seconds, the least: a network that swallows everything is noticed
FLOODS = {"LOOKOUT_INGEST__IMAGES_BURST": "500"}  # more than a camera has ever waiting here
CAMERA = {
    "LOOKOUT_CAMERA__SOURCE": "synthetic",
    "LOOKOUT_CAMERA__RESOLUTION": "160x120",
    "LOOKOUT_CAPTURE__INTERVAL": "0.1",
    "LOOKOUT_SPOOL__RESEND_AFTER": "1",
    "LOOKOUT_LIVE__ENABLED": "false",
}


@dataclass(frozen=True, slots=True)
class System:
    """Its parts by their names; `disks` only where this machine can make a full one.

    The network between them may fail, and so may the clocks.
    """

    folder: Path
    broker: BrokerServer
    store: StoreServer
    client: Client
    links: dict[str, Proxy]
    disks: dict[str, SmallDisk]
    services: dict[str, Child]
    clocks: dict[str, FakeClock]  # of the hub and of a node; none without libfaketime

    @property
    def logs(self) -> Path:
        return self.folder / "data" / "logs"

    @property
    def spools(self) -> list[Path]:
        return [spool(self.folder, node) for node in NODES]


def spool(folder: Path, node: str) -> Path:
    """A node's spool."""
    return folder / "data" / "spool" / node


@asynccontextmanager
async def running_system(folder: Path) -> AsyncIterator[System]:
    """Broker, Redis, two ingest workers, events and two cameras; links that may fail between."""
    async with AsyncExitStack() as stack:
        disks = {}
        if may_mount():
            disks["redis"] = stack.enter_context(small_disk(folder / "redis", 256))
            disks["garden"] = stack.enter_context(small_disk(spool(folder, "garden"), 16))
        for node in NODES:
            spool(folder, node).mkdir(parents=True, exist_ok=True)
        users = {name: f"{PASSWORD} {name}" for name in USERS}
        broker = await stack.enter_async_context(make_broker(folder / "broker", users))
        store = await stack.enter_async_context(make_store(folder / "redis"))
        links = {
            name: await stack.enter_async_context(Proxy(port))
            for name, port in {
                "garden-broker": broker.port,
                "ingest-broker": broker.port,
                "ingest-redis": store.port,
            }.items()
        }
        starter = ServiceStarter(broker, store, folder / "data")
        stack.callback(lambda: print(starter.logs()))
        stack.push_async_callback(starter.stop_all)
        clocks = {}
        if has_faketime():
            clocks = {name: FakeClock(folder / f"{name}.clock") for name in ("hub", "garden")}
        services = start_services(starter, broker, store, links, clocks)
        client = await stack.enter_async_context(opened(Redis(url=store.url)))
        yield System(folder, broker, store, client, links, disks, services, clocks)


def start_services(
    starter: ServiceStarter,
    broker: BrokerServer,
    store: StoreServer,
    links: dict[str, Proxy],
    clocks: dict[str, FakeClock],
) -> dict[str, Child]:
    """All of them at once."""
    keepalive = {"LOOKOUT_MQTT__KEEPALIVE": KEEPALIVE}
    hub = {**keepalive, **FLOODS, **(clocks["hub"].environment if clocks else {})}
    through = {
        "LOOKOUT_MQTT__URL": by_way_of(links["ingest-broker"], broker.url("hub")),
        "LOOKOUT_REDIS__URL": by_way_of(links["ingest-redis"], store.url),
    }
    garden = {"LOOKOUT_MQTT__URL": by_way_of(links["garden-broker"], broker.url("garden"))}
    garden |= clocks["garden"].environment if clocks else {}
    return {
        "ingest": starter.start("ingest", **hub, **through),
        "ingest_2": starter.start("ingest", LOOKOUT_INGEST__WORKER="2", **hub),
        "events": starter.start("events", **hub),
        "garden": starter.start("camera", LOOKOUT_NODE="garden", **keepalive, **CAMERA, **garden),
        "barn": starter.start("camera", user="barn", LOOKOUT_NODE="barn", **keepalive, **CAMERA),
    }


def by_way_of(link: Proxy, url: str) -> str:
    """The same URL with the link's port."""
    parts = urlsplit(url)
    login_and_host = parts.netloc.rpartition(":")[0]
    return parts._replace(netloc=f"{login_and_host}:{link.port}").geturl()
