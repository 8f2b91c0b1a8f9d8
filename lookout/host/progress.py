"""Health is progress: each named piece of work says that it goes on, or that it has nothing to do.

A loop that turns proves nothing; a process can be alive, connected and useless. So work is
registered under a name with its patience, and is sick once it has been busy for longer than that
without a sign. The process's heartbeat follows (health.py).
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

PATIENCE: Final = 30.0  # seconds that one step of a piece of work may take


class Work:
    """One piece of work: resting, or busy since its last sign of progress."""

    def __init__(self, name: str, patience: float, clock: Callable[[], float]) -> None:
        self.name = name
        self._patience = patience
        self._clock = clock
        self._since: float | None = clock()

    def beat(self) -> None:
        """It goes on: a step was done, or was tried again with good reason."""
        self._since = self._clock()

    def rest(self) -> None:
        """It has nothing to do until its next beat."""
        self._since = None

    @property
    def overdue(self) -> float:
        """Seconds beyond its patience; 0 while it is well."""
        if self._since is None:
            return 0.0
        return max(0.0, self._clock() - self._since - self._patience)


class Progress:
    """All work of a process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._works: set[Work] = set()
        self._listeners: list[Callable[[bool], None]] = []

    @contextmanager
    def watched(self, name: str, patience: float = PATIENCE) -> Iterator[Work]:
        """Work under way inside the context; `beat` and `rest` below speak of it."""
        work = Work(name, patience, self._clock)
        self._works.add(work)
        token = _WORK.set(work)
        try:
            yield work
        finally:
            self._works.discard(work)
            _WORK.reset(token)

    def on_change(self, listener: Callable[[bool], None]) -> None:
        """Call `listener` when it changes whether all is well."""
        self._listeners.append(listener)

    def tell(self, well: bool) -> None:
        """Tell the listeners of a change."""
        for listener in self._listeners:
            listener(well)

    def overdue(self) -> dict[str, float]:
        """Which work is sick, and for how many seconds."""
        return {work.name: work.overdue for work in self._works if work.overdue > 0}


_PROGRESS: ContextVar[Progress] = ContextVar("lookout_progress")
_WORK: ContextVar[Work | None] = ContextVar("lookout_work", default=None)


def current() -> Progress:
    """This process's; tasks inherit it from the one that made it."""
    found = _PROGRESS.get(None)
    if found is None:
        found = Progress()
        _PROGRESS.set(found)
    return found


@contextmanager
def watched(name: str, patience: float = PATIENCE) -> Iterator[Work]:
    """Register a piece of work of the current process, busy from now on."""
    with current().watched(name, patience) as work:
        yield work


def beat() -> None:
    """The work that we are part of goes on."""
    if (work := _WORK.get()) is not None:
        work.beat()


def rest() -> None:
    """The work that we are part of has nothing to do now."""
    if (work := _WORK.get()) is not None:
        work.rest()
