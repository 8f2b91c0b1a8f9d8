"""Work that must not be done by two workers at once, whichever gets to it.

A lease (lease.py) says which worker holds to the rules; one that stood still may not know for a
moment that it has lost it. What counts and then removes therefore takes turns as well, and asks
before each removal whether it still has its own.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from redis.exceptions import LockError

from lookout.host import progress
from lookout.store import keys
from lookout.store.client import Client
from lookout.store.errors import StoreError, StoreRefused

SECONDS: Final = 60.0  # after which the turn of a worker that died is over
RELEASE_SECONDS: Final = 1.0


class Turn:
    """The right to do some work until its time is over, which `prolong` puts off."""

    def __init__(self, lock: Any) -> None:
        self._lock = lock

    async def prolong(self) -> None:
        """Start the time again. Raises a StoreError when another worker has its turn by now."""
        try:
            await self._lock.reacquire()
        except LockError as error:
            raise StoreRefused(f"another worker has its turn by now: {error}") from None
        progress.beat()


@asynccontextmanager
async def turn(client: Client, work: str) -> AsyncIterator[Turn | None]:
    """Our turn to do `work`, or None while another worker has it."""
    lock = client.lock(keys.turn(work), timeout=SECONDS, thread_local=False)
    if not await lock.acquire(blocking=False):
        yield None
        return
    try:
        yield Turn(lock)
    finally:
        with suppress(StoreError, LockError, TimeoutError):  # it ends by itself
            async with asyncio.timeout(RELEASE_SECONDS):
                await lock.release()
