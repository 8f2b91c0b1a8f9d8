"""`python -m services.camera [--config lookout.yaml] [--node NAME] [--print-settings]`

With `--check [--output FILE]` it only looks whether all is there, for `lookout camera check`.
"""

import asyncio
import os
import sys
from functools import partial
from pathlib import Path

from lookout.bus.session import Session
from lookout.contract.topics import Topics
from lookout.host.run import run
from lookout.host.settings import load_or_exit
from services.camera import service
from services.camera.check import report
from services.camera.settings import CameraSettings
from services.camera.settings.several import choose
from services.camera.sources import make_source

SESSION_EXPIRY = 300  # seconds: a short cut loses no command, a long one brings no stale ones
PLACES = (Path("lookout.yaml"), Path("/etc/lookout/lookout.yaml"))


def config_file(arguments: list[str]) -> Path | None:
    """The file named by --config or LOOKOUT_CONFIG, else the first of the usual places."""
    if given := option(arguments, "--config"):
        return Path(given)
    if named := os.environ.get("LOOKOUT_CONFIG"):
        return Path(named)
    return next((place for place in PLACES if place.is_file()), None)


def option(arguments: list[str], name: str) -> str | None:
    """What follows an option on the command line."""
    return arguments[arguments.index(name) + 1] if name in arguments[:-1] else None


def settings_or_exit(arguments: list[str]) -> CameraSettings:
    """The settings of the node that --node names, or of the only one there is."""
    one = partial(choose, name=option(arguments, "--node"))
    return load_or_exit(CameraSettings, config=config_file(arguments), choose=one)


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
    effective = settings_or_exit(sys.argv[1:])
    if "--check" in sys.argv[1:]:
        written = option(sys.argv[1:], "--output")
        sys.exit(not asyncio.run(report(effective, Path(written) if written else None)))
    if run(f"camera-{effective.node}", effective, lambda: main(effective)):
        # It ended of its own accord: `restart` was asked for. Same process id, new process.
        os.execv(sys.executable, [sys.executable, "-m", "services.camera", *sys.argv[1:]])  # noqa: S606
