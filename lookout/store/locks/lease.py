"""One process at a time under one name; a second one waits, ready to go on where the first ended.

A broker knows a client by its id, and a second connection with the same id throws the first one
out. Who holds the lease of a name may use its id, and with it the queue that the broker keeps.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import structlog
from redis.exceptions import LockError

from lookout.errors import LookoutError
from lookout.host.tasks import Insistence
from lookout.store import keys
from lookout.store.client import Client
from lookout.store.errors import StoreAway, StoreError

logger = structlog.get_logger()

SECONDS: Final = 10.0  # how long after its holder's last sign of life a lease is free
PAUSE: Final = 2.0  # between two signs of life
RELEASE_SECONDS: Final = 1.0


class Lost(LookoutError):
    """Another process has the lease now: this one must stop at once."""


def who(data: Path) -> str:
    """Who we are: the same after a restart, so that a killed process need not wait for itself."""
    return f"{socket.gethostname()}:{data.resolve()}"


@asynccontextmanager
async def held(client: Client, name: str, holder: str) -> AsyncIterator[None]:
    """Hold the lease of `name` inside the context; before, wait until it is free.

    While Redis is away it stays ours. Raises Lost out of the context when it went to another,
    which takes a process that stood still for SECONDS.
    """
    lock = client.lock(keys.lease(name), timeout=SECONDS, thread_local=False)
    if (work := asyncio.current_task()) is None:
        raise RuntimeError("a lease is held by a task, which is cancelled when it is lost")
    await _take(lock, name, holder)
    keeping = asyncio.create_task(_keep(lock, name, holder), name="lease")

    insisting: list[Insistence] = []

    def stop(_: asyncio.Task[None]) -> None:
        insisting.append(Insistence(work))

    keeping.add_done_callback(stop)
    try:
        yield
    except asyncio.CancelledError:
        if keeping.done():
            while work.uncancel():
                continue
            keeping.result()
        raise
    finally:
        for each in insisting:
            each.stop()
        keeping.remove_done_callback(stop)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await _release(lock)


async def _take(lock: Any, name: str, holder: str) -> None:
    waiting = False
    while True:
        try:
            if await _is_ours(lock, holder):
                break
            reason = "another process does this work"
        except StoreAway as error:
            reason = str(error)
        if not waiting:
            logger.info("standing by", service=name, reason=reason)
        waiting = True
        await asyncio.sleep(PAUSE)
    if waiting:
        logger.info("it is our turn now", service=name)


async def _keep(lock: Any, name: str, holder: str) -> None:
    while True:
        await asyncio.sleep(PAUSE)
        with suppress(StoreAway):
            if not await _is_ours(lock, holder):
                raise Lost(f"another process does the work of {name!r} now")


async def _is_ours(lock: Any, holder: str) -> bool:
    """Take the lease if it is free, prolong it if we have it."""
    lock.local.token = holder.encode()
    with suppress(LockError):
        return bool(await lock.reacquire())
    return bool(await lock.acquire(blocking=False, token=holder))


async def _release(lock: Any) -> None:
    with suppress(StoreError, LockError, TimeoutError):  # it ends by itself
        async with asyncio.timeout(RELEASE_SECONDS):
            await lock.release()
