"""Services as real processes, as the demo and the containers run them."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import cast

from lookout.embedded.child import Child
from tests.support.servers import BrokerServer, StoreServer
from tests.support.warm import PROGRAMS, ROOT

NONE: Mapping[str, float] = MappingProxyType({})


class WarmChild(Child):
    """A service as a child process, forked from one that has imported it.

    `constants` are what some of its modules' constants are in this process: "package.NAME": 0.1.
    """

    def __init__(
        self,
        module: str,
        *,
        log: Path,
        environment: Mapping[str, str],
        constants: Mapping[str, float],
    ) -> None:
        super().__init__([sys.executable, "-m", module], log=log)
        self._module = module
        self._variables = environment
        self._constants = constants

    def start(self) -> None:
        """Start it, with its output appended to the log."""
        if self.running:
            raise RuntimeError(f"{self._module} runs already")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            started = PROGRAMS[self._module].start(
                ["-m"],
                environment=self._variables,
                constants=self._constants,
                output=output.fileno(),
                errors=output.fileno(),
            )
        self._process = cast("subprocess.Popen[bytes]", started)


class ServiceStarter:
    """Starts services of this checkout against a test's servers, and ends them."""

    def __init__(self, broker: BrokerServer, store: StoreServer, data: Path) -> None:
        self._broker = broker
        self._store = store
        self._data = data
        self._children: list[Child] = []

    def start(
        self,
        name: str,
        constants: Mapping[str, float] = NONE,
        /,
        *,
        user: str = "hub",
        **environment: str,
    ) -> Child:
        """Start `python -m services.NAME`, logged in to the broker as `user`.

        `constants` are what some of its modules' constants are, as monkeypatch would set them.
        """
        log = self._data / "logs" / f"{len(self._children)}-{name}-{user}.log"
        merged = clean_environment() | {
            "LOOKOUT_MQTT__URL": self._broker.url(user),
            "LOOKOUT_REDIS__URL": self._store.url,
            "LOOKOUT_DATA": str(self._data),
            **environment,
        }
        module = f"services.{name}"
        child: Child = WarmChild(module, log=log, environment=merged, constants=constants)
        if not all(variable.startswith("LOOKOUT_") for variable in environment):
            # For the loader or the interpreter, which read it when they start.
            child = Child([sys.executable, "-m", module], log=log, folder=ROOT, environment=merged)
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
