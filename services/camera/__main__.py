"""`python -m services.camera [--config lookout.yaml] [--print-settings]`"""

import os
import sys
from pathlib import Path

from lookout.bus.session import Session
from lookout.bus.topics import Topics
from lookout.host.run import run
from lookout.host.settings import load_or_exit
from services.camera import service
from services.camera.settings import CameraSettings
from services.camera.sources import make_source

SESSION_EXPIRY = 300  # seconds: a short cut loses no command, a long one brings no stale ones
PLACES = (Path("lookout.yaml"), Path("/etc/lookout/lookout.yaml"))


def config_file(arguments: list[str]) -> Path | None:
    """The file named by --config or LOOKOUT_CONFIG, else the first of the usual places."""
    if "--config" in arguments[:-1]:
        return Path(arguments[arguments.index("--config") + 1])
    if named := os.environ.get("LOOKOUT_CONFIG"):
        return Path(named)
    return next((place for place in PLACES if place.is_file()), None)


async def main(settings: CameraSettings) -> None:
    """Open what the node needs, and serve."""
    session = Session(
        settings.mqtt,
        f"lookout-{settings.node}",
        presence=Topics(settings.mqtt.root).status(settings.node),
        session_expiry=SESSION_EXPIRY,
        receive_maximum=20,
    )
    async with session:
        await service.run(settings, session, make_source(settings.camera))


if __name__ == "__main__":
    effective = load_or_exit(CameraSettings, config=config_file(sys.argv[1:]))
    if run(f"camera-{effective.node}", effective, lambda: main(effective)):
        # It ended of its own accord: `restart` was asked for. Same process id, new process.
        os.execv(sys.executable, [sys.executable, "-m", "services.camera", *sys.argv[1:]])  # noqa: S606
