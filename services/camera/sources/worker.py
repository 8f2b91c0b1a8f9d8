"""One thread that owns one device or file: its calls never meet and never block the loop."""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


class Worker:
    """Runs calls one after the other in a thread of its own.

    Not a ThreadPoolExecutor: Python joins its threads at exit, so a driver that hangs would keep
    the process from ending. This thread is a daemon and can be left behind.
    """

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def call(self, function: Callable[..., T], *args: object) -> "asyncio.Future[T]":
        """Queue a call at once; what it returns or raises comes with the future.

        Cancelling ends the wait, or the call if its turn has not come, but not one under way.
        """
        future: Future[T] = Future()

        def job() -> None:
            if not future.set_running_or_notify_cancel():
                return  # cancelled before its turn came
            try:
                future.set_result(function(*args))
            except BaseException as error:
                future.set_exception(error)

        self._calls.put(job)
        return asyncio.wrap_future(future)

    async def stop(self, timeout: float) -> bool:
        """End the thread after its last call. False when that takes longer than `timeout` s."""
        self._calls.put(None)
        await asyncio.to_thread(self._thread.join, timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (job := self._calls.get()) is not None:
            job()
