"""How many files and connections the process may have open: as many as it can, and told near it.

Past its limit a server closes new connections without a word; nobody would know why.
"""

import asyncio
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from lookout.host.outage import Outage

logger = structlog.get_logger()

MOST: Final = 65_536  # asked for at most: some programs walk over all that there may be
NEAR, CALM = 0.9, 0.8  # parts of the limit: from the first on it is told, below the second over
LOOK_SECONDS: Final = 5.0
ADVICE: Final = (
    "Close what is not needed, or raise the limit: LimitNOFILE= for systemd, `ulimits: nofile` in "
    "compose."
)
_OPEN: Final = Path("/proc/self/fd")


def raise_limit() -> int:
    """Take what the system grants (the usual soft limit is 1,024 of 524,288); the limit now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if wanted > soft != resource.RLIM_INFINITY:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError) as error:
            logger.debug("the limit of open files stays", reason=str(error))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def open_now() -> int:
    """How many are open; 0 where the system does not say."""
    try:
        return sum(1 for _ in _OPEN.iterdir())
    except OSError:
        return 0


async def watch(limit: int, count: Callable[[], int] = open_now) -> None:
    """Tell once when most are open, and once when that is over, until cancelled."""
    outage = Outage("open files and connections")
    while True:
        share = count() / limit
        if share >= NEAR:
            outage.down(f"{share:.0%} of {limit} are open. {ADVICE}")
        elif share < CALM:
            outage.up()
        await asyncio.sleep(LOOK_SECONDS)
