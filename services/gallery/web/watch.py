"""Whether Redis answers at all: one that hangs must not let everybody wait for its time-outs.

Killed, it refuses connections, and requests fail at once. Frozen (a machine that swaps, a disk that
is gone), it accepts them and says nothing: two time-outs of ten seconds for each request.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from lookout.host.outage import Outage
from lookout.host.settings import Redis
from lookout.store.client import opened
from lookout.store.errors import StoreAway, StoreError

PATIENCE: Final = 2.0  # seconds that Redis may be silent; its longest search takes 0.5
PAUSE: Final = 0.5  # seconds between two looks


class RedisWatch:
    """Asks Redis all the time, on a connection of its own."""

    def __init__(self) -> None:
        self._outage = Outage("Redis, as the gallery sees it")
        self._waiting: set[asyncio.Timeout] = set()

    async def run(self, settings: Redis) -> None:
        """Look, for ever."""
        async with opened(settings, connections=1) as client:
            while True:
                try:
                    async with asyncio.timeout(PATIENCE):
                        await client.ping()
                except (TimeoutError, StoreError) as error:
                    self._down(str(error) or f"no answer in {PATIENCE:g} s")
                else:
                    self._outage.up()
                await asyncio.sleep(PAUSE)

    @asynccontextmanager
    async def answering(self) -> AsyncIterator[None]:
        """While Redis answers; raises StoreAway at once, or as soon as it does not."""
        if self._outage.is_on:
            raise StoreAway("Redis does not answer")
        try:
            async with asyncio.timeout(None) as limit:
                self._waiting.add(limit)
                try:
                    yield
                finally:
                    self._waiting.discard(limit)
        except TimeoutError:
            if limit.expired():
                raise StoreAway("Redis does not answer") from None
            raise

    def _down(self, reason: str) -> None:
        self._outage.down(reason)
        for limit in tuple(self._waiting):
            limit.reschedule(asyncio.get_running_loop().time())
        self._waiting.clear()
