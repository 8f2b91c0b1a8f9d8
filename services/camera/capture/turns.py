"""Whose turn it is: one at a time, those in a hurry before those who came earlier."""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count


class Turns:
    """A lock. asyncio.Lock has no order but that of coming."""

    def __init__(self) -> None:
        self._taken = False
        self._numbers = count()
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def turn(self, *, urgent: bool = False) -> AsyncIterator[None]:
        """Wait for a turn, and have it for as long as the context lasts."""
        if self._taken:
            await self._wait(urgent=urgent)
        self._taken = True
        try:
            yield
        finally:
            self._taken = self._wake()

    async def _wait(self, *, urgent: bool) -> None:
        ours = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (not urgent, next(self._numbers), ours))
        try:
            await ours
        except asyncio.CancelledError:
            if ours.done() and not ours.cancelled():
                self._taken = self._wake()  # it was given to us: pass it on
            raise

    def _wake(self) -> bool:
        """Give the turn to the next one; whether there was one."""
        while self._waiting:
            _, _, future = heapq.heappop(self._waiting)
            if not future.done():
                future.set_result(None)
                return True
        return False
