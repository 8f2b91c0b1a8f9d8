"""Tasks that live and die together, whatever the libraries below them do with a cancel."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Any, Final, Self

from lookout.host import progress
from lookout.host.outage import Outage

INSIST_SECONDS: Final = 2.0  # between two cancels of a task that swallowed the one before


class Crew:
    """As asyncio.TaskGroup, but one that insists.

    A TaskGroup cancels each task once and then waits for ever. Python 3.11's `asyncio.wait_for`
    swallows a cancel that comes with the answer (python/cpython#86296), and redis-py waits with it:
    so the death of one task could leave the others running, in a process that looked alive. Here
    a task that has not ended is cancelled again every INSIST_SECONDS.
    """

    def __init__(self) -> None:
        self._group = asyncio.TaskGroup()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._ended = asyncio.Event()
        self._insisting: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                await self._all()
        except asyncio.CancelledError as cancelled:
            kind, error, trace = type(cancelled), cancelled, cancelled.__traceback__
        if error is not None:
            self._insist()
        try:
            await self._group.__aexit__(kind, error, trace)
        finally:
            if self._insisting is not None:
                self._insisting.cancel()

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run `work` beside the others; when it raises, all of them end."""
        task = self._group.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._gone)
        return task

    async def _all(self) -> None:
        while self._tasks:
            self._ended.clear()
            await self._ended.wait()

    def _gone(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        self._ended.set()
        if not task.cancelled() and task.exception() is not None and self._insisting is None:
            self._insist()

    def _insist(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            loop = asyncio.get_running_loop()
            self._insisting = loop.call_later(INSIST_SECONDS, self._insist)


class Insistence:
    """Cancels a task now, and again every INSIST_SECONDS until it has ended, or until `stop`."""

    def __init__(self, task: asyncio.Task[Any]) -> None:
        self._task = task
        self._timer: asyncio.TimerHandle | None = None
        self._again()

    def stop(self) -> None:
        """Leave it alone from now on."""
        if self._timer is not None:
            self._timer.cancel()

    def _again(self) -> None:
        if not self._task.done():
            self._task.cancel()
            self._timer = asyncio.get_running_loop().call_later(INSIST_SECONDS, self._again)


async def cancel(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks, again and again, until they are gone."""
    waiting = set(tasks)
    while waiting:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=INSIST_SECONDS)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # it is asked for, so that nobody complains that it was not


async def forever(
    what: str,
    step: Callable[[], Awaitable[None]],
    *,
    pause: float,
    on: tuple[type[Exception], ...],
    patience: float = progress.PATIENCE,
) -> None:
    """Do `step` again and again, `pause` seconds apart; one log line down and one up on errors.

    A step that takes longer than `patience` seconds without a beat (progress.py) is sick.
    """
    outage = Outage(what)
    with progress.watched(what, patience) as work:
        while True:
            work.beat()
            try:
                await step()
            except on as error:
                outage.down(str(error))
            else:
                outage.up()
            stop_if_cancelled()
            work.rest()
            await asyncio.sleep(pause)


def stop_if_cancelled() -> None:
    """Raise the CancelledError that something below us has swallowed (see Crew)."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
