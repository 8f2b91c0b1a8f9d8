"""The way to the source: one call at a time, each with a deadline, and only with leave."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import structlog

from services.camera.capture.develop import left_to_do
from services.camera.capture.turns import Turns
from services.camera.knobs import Knobs
from services.camera.sources import Source, SourceError

logger = structlog.get_logger()
T = TypeVar("T")


class Access:
    """Opens the source when it is needed, and closes it when it fails."""

    def __init__(self, source: Source, knobs: Knobs) -> None:
        self.source = source
        self.is_open = False
        self.after_opening: Callable[[], Awaitable[None]] = nothing
        self._knobs = knobs
        self._turns = Turns()
        self._busy_since: float | None = None

    @property
    def timeout(self) -> float:
        """Seconds one call may take."""
        return self._knobs.camera.deadline

    @property
    def busy_seconds(self) -> float:
        """For how long one call has been under way; 0 while none is."""
        return 0.0 if self._busy_since is None else _clock() - self._busy_since

    @property
    def steps(self) -> frozenset[str]:
        """The settings that are left to us, masks among them."""
        return left_to_do(self._knobs.camera, self.source.does(self._knobs.camera))

    @asynccontextmanager
    async def turn(self, *, urgent: bool = False) -> AsyncIterator[None]:
        """The source is ours alone; how long that lasts is watched."""
        async with self._turns.turn(urgent=urgent):
            self._busy_since = _clock()
            try:
                yield
            finally:
                self._busy_since = None

    async def call(self, body: Callable[[], Awaitable[T]], *, shown: bool = True) -> T:
        """A turn for one call, see `within`."""
        async with self.turn():
            return await self.within(body, shown=shown)

    async def within(self, body: Callable[[], Awaitable[T]], *, shown: bool = True) -> T:
        """In our turn: what the call gives within the deadline, the source opened first.

        `shown` tells whether it is something to be seen, for which leave is needed. Closes the
        source and raises SourceError when it fails.
        """
        if shown:
            self.check_leave()
        timeout = self.timeout
        try:
            async with asyncio.timeout(timeout):
                await self.opened()
                result = await body()
        except Exception as error:  # a library may raise anything; the node goes on
            await self.close()
            raise _plain(error, timeout) from error
        if shown:
            self.check_leave()
        return result

    def check_leave(self) -> None:
        """Raises SourceError where nothing may be seen now."""
        if self._knobs.hidden:
            raise SourceError(self._knobs.hidden)

    async def opened(self) -> None:
        """Open it, where it is not."""
        if self.is_open:
            return
        await self.source.open()
        self.is_open = True
        await self.after_opening()

    async def close(self) -> None:
        """Let go of it."""
        self.is_open = False
        try:
            await self.source.close()
        except Exception:  # as above
            logger.exception("the camera does not close")


async def nothing() -> None:
    """There is nothing to do."""


def _plain(error: Exception, timeout: float) -> SourceError:
    """What went wrong, for a person."""
    if isinstance(error, SourceError):
        return error
    if isinstance(error, TimeoutError):
        return SourceError(f"no picture within {timeout:g} s")
    if isinstance(error, ImportError):
        return SourceError(f"{error}: install what is missing: pip install 'lookout-hub[camera]'")
    logger.error("the camera failed in a way that nobody foresaw", exc_info=error)
    return SourceError(f"The camera failed ({error!r}): the log says more.")


def _clock() -> float:
    return asyncio.get_running_loop().time()
