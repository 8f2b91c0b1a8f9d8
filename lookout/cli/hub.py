"""`lookout hub`: all services of the hub on this computer, without containers."""

import asyncio
import os
import sys
from importlib import import_module
from typing import Final

PACKAGES: Final = ("redis", "aiohttp", "jinja2")  # without which each service is a traceback


def hub() -> None:
    """Run the hub's services, as the environment sets them, until Ctrl-C.

    What ends is started again. They need a broker and a Redis with search: LOOKOUT_MQTT__URL and
    LOOKOUT_REDIS__URL. `lookout demo` brings its own.
    """
    from lookout.embedded.hub import keep

    for package in PACKAGES:
        import_module(package)
    asyncio.run(keep(dict(os.environ), _say))


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
