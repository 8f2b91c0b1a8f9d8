"""The hub as processes: how its services are started, by the demo, the bench and `lookout hub`."""

import asyncio
import importlib.util
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Final

from lookout.embedded.child import Child
from lookout.embedded.supervisor import Supervisor

SERVICES: Final = ("ingest", "events", "gallery")
WITH_OPENCV: Final = ("analytics",)  # where the extra `analytics` is installed
STOP_SECONDS: Final = 12.0  # a service drains for 8


def services() -> tuple[str, ...]:
    """The services of a hub on this machine."""
    return (*SERVICES, *(WITH_OPENCV if importlib.util.find_spec("cv2") else ()))


class Loud(Child):
    """A child that writes where we do."""

    def _output(self) -> IO[bytes]:
        return os.fdopen(os.dup(sys.stderr.fileno()), "ab")


def process(
    service: str,
    environment: Mapping[str, str],
    *,
    log: Path | None = None,
    folder: Path | None = None,
) -> Child:
    """`python -m services.SERVICE`, not started yet; without `log` it writes where we do."""
    command = [sys.executable, "-m", f"services.{service}"]
    if log is None:
        return Loud(command, log=Path(os.devnull), folder=folder, environment=environment)
    return Child(command, log=log, folder=folder, environment=environment)


async def keep(environment: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Run every service of the hub, starting anew what ends, until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    supervisor = Supervisor(say)
    for name in services():
        supervisor.add(name, process(name, environment))
    watching = asyncio.create_task(supervisor.watch(), name="supervisor")
    await stop.wait()
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    await supervisor.stop(STOP_SECONDS)
