"""Services as real processes, as the demo and the containers run them."""

import os
import sys
from pathlib import Path

from lookout.embedded.child import Child
from tests.support.servers import BrokerServer, StoreServer

ROOT = Path(__file__).parents[2]


class ServiceStarter:
    """Starts services of this checkout against a test's servers, and ends them."""

    def __init__(self, broker: BrokerServer, store: StoreServer, data: Path) -> None:
        self._broker = broker
        self._store = store
        self._data = data
        self._children: list[Child] = []

    def start(self, name: str, *, user: str = "hub", **environment: str) -> Child:
        """Start `python -m services.NAME`, logged in to the broker as `user`."""
        command = [sys.executable, "-m", f"services.{name}"]
        log = self._data / "logs" / f"{len(self._children)}-{name}-{user}.log"
        merged = clean_environment() | {
            "LOOKOUT_MQTT__URL": self._broker.url(user),
            "LOOKOUT_REDIS__URL": self._store.url,
            "LOOKOUT_DATA": str(self._data),
            **environment,
        }
        child = Child(command, log=log, folder=ROOT, environment=merged)
        child.start()
        self._children.append(child)
        return child

    async def stop_all(self) -> None:
        """End them, all at once and then one by one."""
        for child in self._children:
            child.terminate()
        for child in self._children:
            await child.stop()

    def logs(self) -> str:
        """The end of what each of them said."""
        return "".join(f"--- {each.log.name}\n{each.last_lines(40)}\n" for each in self._children)


def clean_environment() -> dict[str, str]:
    """Our environment without settings of Lookout that belong to the person who runs the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LOOKOUT_")}
