"""A few commands that one process at a time may do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from redis.exceptions import LockError

from lookout.store.client import Client
from lookout.store.errors import StoreAway


@asynccontextmanager
async def alone(client: Client, key: str, *, seconds: float) -> AsyncIterator[None]:
    """Be the only one inside; wait for our turn for `seconds`, then raise StoreAway.

    A process that stays longer than that is no longer alone.
    """
    lock = client.lock(key, timeout=seconds, blocking_timeout=seconds, thread_local=False)
    if not await lock.acquire():
        raise StoreAway(f"{key} is held by another process")
    try:
        yield
    finally:
        with suppress(LockError):  # it took longer: the next one is in already
            await lock.release()
