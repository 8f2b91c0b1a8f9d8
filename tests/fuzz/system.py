"""The running hub that is attacked: real servers, the hub's services, three cameras."""

import asyncio
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from lookout.bus.own import own_client_id
from lookout.embedded.child import Child
from lookout.embedded.ports import HOST, free_port
from lookout.host.settings import Broker, Redis
from lookout.store.client import Client, opened
from tests.fuzz import mqtt, web
from tests.support.servers import PASSWORD, BrokerServer, StoreServer, make_broker, make_store
from tests.support.services import clean_environment

ROOT = Path(__file__).parents[2]
CAMERAS = ("garden", "barn", "gate")
MARKER = "marker"  # the node that sends what is good; nobody else speaks for it
USERS = ("hub", "homeassistant", "bridge", "esp32", MARKER, *CAMERAS)
SECRET = "the password of the gallery"
READY_SECONDS = 60.0
SETTLE_SECONDS = 8.0
CAMERA = {
    "LOOKOUT_CAMERA__SOURCE": "synthetic",
    "LOOKOUT_CAMERA__RESOLUTION": "320x240",
    "LOOKOUT_CAPTURE__INTERVAL": "2",
    "LOOKOUT_SENSORS__INTERVAL": "5",
}
# Of which services the broker keeps a session while they are away, and as which user they log in.
KEPT = {
    "ingest": "hub",
    "events": "hub",
    **{name: name for name in CAMERAS},
}


@dataclass(slots=True)
class System:
    """A hub in a folder; `services` are its processes by name, `open` the second gallery's.

    One gallery has a password; the other has none, and trusts proxies on this computer.
    """

    folder: Path
    broker: BrokerServer
    store: StoreServer
    ports: dict[str, int]
    services: dict[str, Child] = field(default_factory=dict)
    pids: dict[str, int | None] = field(default_factory=dict)
    retained: set[bytes] = field(default_factory=set)  # topics on which an attack said something

    @property
    def gallery(self) -> str:
        return f"http://{HOST}:{self.ports['gallery']}"

    @property
    def open_gallery(self) -> str:
        return f"http://{HOST}:{self.ports['open']}"

    @property
    def redis(self) -> Redis:
        return Redis(url=self.store.url)

    async def start(self) -> None:
        """Start everything and wait until it works."""
        await self.broker.start()
        await self.store.start()
        for name in ("ingest", "events", "gallery", "open", *CAMERAS):
            self.services[name] = self._child(name)
            self.services[name].start()
        self.note_pids()
        await self.ready()

    async def stop(self) -> None:
        """End everything."""
        for child in self.services.values():
            child.terminate()
        for child in self.services.values():
            await child.stop()
        await self.store.stop()
        await self.broker.stop()

    async def ready(self) -> None:
        """Wait until both galleries are well and know all cameras. Raises TimeoutError."""
        await self.well()
        async with asyncio.timeout(READY_SECONDS), opened(self.redis) as client:
            for name in CAMERAS:
                while not await client.exists(f"node:{name}"):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            while not await online(client):  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async def well(self) -> None:
        """Wait until both galleries say that they are well. Raises TimeoutError."""
        async with asyncio.timeout(READY_SECONDS):
            await self._until_all_well()

    def note_pids(self) -> None:
        """These processes shall be there at the end."""
        self.pids = {name: child.pid for name, child in self.services.items()}

    def dead(self) -> list[str]:
        """The services that have ended."""
        return [name for name, child in self.services.items() if not child.running]

    async def revive(self) -> None:
        """Start what has ended anew, without what killed it. Raises TimeoutError."""
        await self.forget_retained()
        async with asyncio.timeout(READY_SECONDS):
            while dead := self.dead():  # one may draw another after it
                for name in dead:
                    await self._forget_session(name)
                    self.services[name].start()
                with suppress(TimeoutError):
                    async with asyncio.timeout(SETTLE_SECONDS):
                        await self._until_all_well()
        self.note_pids()

    async def _forget_session(self, name: str) -> None:
        if name in KEPT:
            url = self.broker.url(KEPT[name])
            publisher = await mqtt.connected(url, own_client_id(Broker(url=url), name))
            await publisher.close()
        async with opened(self.redis) as client:
            await client.delete(f"lease:{name}")  # else the new one stands by for a while

    async def forget_retained(self) -> None:
        """Take back what attacks have left at the broker."""
        publisher = await mqtt.connected(self.broker.url("hub"), "cleaner")
        for topic in self.retained:
            await publisher.send(mqtt.Packet(topic, b"", retain=True))
        await publisher.settled()
        await publisher.close()
        self.retained.clear()

    def _child(self, name: str) -> Child:
        """`python -m services...`, as the demo and the containers run it."""
        environment = clean_environment() | {
            "LOOKOUT_MQTT__URL": self.broker.url(name if name in CAMERAS else "hub"),
            "LOOKOUT_REDIS__URL": self.store.url,
            "LOOKOUT_DATA": str(self.folder / ("open" if name == "open" else "data")),
            **self._settings(name),
        }
        module = "camera" if name in CAMERAS else "gallery" if name == "open" else name
        command = [sys.executable, "-m", f"services.{module}"]
        log = self.folder / "logs" / f"{name}.log"
        return Child(command, log=log, folder=ROOT, environment=environment)

    def _settings(self, name: str) -> dict[str, str]:
        if name in CAMERAS:
            return CAMERA | {"LOOKOUT_NODE": name, "LOOKOUT_CAMERA__SEED": str(CAMERAS.index(name))}
        if name not in self.ports:
            return {}
        port = {"LOOKOUT_GALLERY__PORT": str(self.ports[name])}
        if name == "gallery":
            return port | {"LOOKOUT_GALLERY__PASSWORD": SECRET}
        return port | {"LOOKOUT_GALLERY__TRUSTED_PROXIES": '["127.0.0.0/8"]'}

    async def _until_all_well(self) -> None:
        for url in (self.gallery, self.open_gallery):
            await self._until_well(url)

    async def _until_well(self, url: str) -> None:
        while True:
            with suppress(OSError):
                async with web.browser(url) as browser:
                    if (await browser.ask(web.Request(target=b"/healthz"))).status == 200:
                        return
            await asyncio.sleep(0.1)


def make_system(folder: Path) -> System:
    """A hub in this folder, not started yet."""
    data = folder / "data"
    data.mkdir(parents=True)
    broker = make_broker(folder / "broker", {name: f"{PASSWORD} {name}" for name in USERS})
    store = make_store(folder / "redis")
    ports = {name: free_port() for name in ("gallery", "open")}
    return System(folder, broker, store, ports)


async def online(client: Client) -> bool:
    """Whether events has noted that each camera is there."""
    statuses = [await client.hget(f"node:{name}", "status") for name in CAMERAS]
    return all(status == b"online" for status in statuses)


def resident_mib(pid: int) -> float:
    """Memory of a process that is in RAM, in MiB (VmRSS of proc(5))."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
