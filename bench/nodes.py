"""A real camera node in a process of its own, on a drawn scene."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from lookout.embedded.broker import Mosquitto
from lookout.embedded.child import Child

NODE = "garden"
PASSWORD = "only for this run"  # noqa: S105


@asynccontextmanager
async def running(folder: Path, **settings: str) -> AsyncIterator[tuple[Child, Mosquitto]]:
    """A node with a broker. `settings` are variables without LOOKOUT_: CAPTURE__INTERVAL="1"."""
    async with Mosquitto(folder / "broker", {"hub": PASSWORD, NODE: PASSWORD}) as broker:
        environment = {
            **os.environ,
            "LOOKOUT_NODE": NODE,
            "LOOKOUT_MQTT__URL": broker.url(NODE),
            "LOOKOUT_DATA": str(folder / "data"),
            "LOOKOUT_CAMERA__SOURCE": "synthetic",
            **{f"LOOKOUT_{name}": value for name, value in settings.items()},
        }
        command = [sys.executable, "-m", "services.camera"]
        child = Child(command, log=folder / "node.log", environment=environment)
        child.start()
        try:
            yield child, broker
        finally:
            await child.stop()
