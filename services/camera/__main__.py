"""`python -m services.camera --help`"""

import argparse
import asyncio
import os
import sys
from functools import partial
from pathlib import Path

from lookout.bus.own import own_client_id
from lookout.bus.session import Session
from lookout.contract.topics import Topics
from lookout.host import options
from lookout.host.run import run
from lookout.host.settings import load_or_exit
from services.camera import service
from services.camera.check import report
from services.camera.node.sleep import rest
from services.camera.settings import CameraSettings
from services.camera.settings.several import choose
from services.camera.sources import make_source

SESSION_EXPIRY = 300  # seconds: a short cut loses no command, a long one brings no stale ones
MISSED_WAKINGS = 2  # after which the broker forgets what waits for a node that sleeps
PLACES = (Path("lookout.yaml"), Path("/etc/lookout/lookout.yaml"))


def _more(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, help="the settings, lookout.yaml by default")
    parser.add_argument("--node", help="which node, where the settings are for several")
    parser.add_argument(
        "--check", action="store_true", help="only look whether all is there (lookout camera check)"
    )
    parser.add_argument("--output", type=Path, help="with --check: where to put its picture")


def config_file(named: Path | None) -> Path | None:
    """The file of --config or LOOKOUT_CONFIG, else the first of the usual places."""
    if named is None and (variable := os.environ.get("LOOKOUT_CONFIG")):
        named = Path(variable)
    return named or next((place for place in PLACES if place.is_file()), None)


async def main(settings: CameraSettings) -> None:
    """Serve, and sleep where it is set, until a new process is asked for."""
    while (seconds := await serve_once(settings)) is not None:
        await rest(settings.sleep, seconds)


async def serve_once(settings: CameraSettings) -> float | None:
    """Open what the node needs, and serve until it goes to sleep: for so many seconds."""
    session = Session(
        settings.mqtt,
        own_client_id(settings.mqtt, settings.node),
        presence=Topics(settings.mqtt.root).status(settings.node),
        session_expiry=SESSION_EXPIRY + round(MISSED_WAKINGS * settings.sleep.every),
        receive_maximum=20,
    )
    async with session:
        return await service.run(settings, session, make_source(settings.camera))


if __name__ == "__main__":
    given = options.parse("camera", more=_more)
    effective = load_or_exit(
        CameraSettings,
        show_only=given.print_settings,
        config=config_file(given.config),
        choose=partial(choose, name=given.node),
    )
    if given.check:
        sys.exit(not asyncio.run(report(effective, given.output)))
    if run(f"camera-{effective.node}", effective, lambda: main(effective)):
        # It ended of its own accord: `restart` was asked for. Same process id, new process.
        os.execv(sys.executable, [sys.executable, "-m", "services.camera", *sys.argv[1:]])  # noqa: S606
