"""Keeps child processes running: starts them, starts them again when they die, ends them."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from lookout.embedded.child import Child
from lookout.host.pauses import Pauses

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds until a dead process is started again
STEADY_SECONDS = 60.0  # a process that ran this long starts the pauses anew
LOOK_SECONDS = 0.1
LONGEST_LINE = 300
STOP_SECONDS = 3.5  # then SIGKILL: a Ctrl-C is to be over in five seconds, servers included


@dataclass(slots=True)
class _Entry:
    name: str
    child: Child
    due: float | None  # when to start it (monotonic seconds); None while it runs
    started: float = 0.0
    pauses: Pauses = field(default_factory=lambda: Pauses(FIRST_PAUSE, LONGEST_PAUSE))


class Supervisor:
    """A set of processes; `say` is told, in one line, of each that died."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._entries: list[_Entry] = []

    def add(self, name: str, child: Child, *, after: float = 0.0) -> None:
        """Have this process run, from `after` seconds on."""
        self._entries.append(_Entry(name, child, due=time.monotonic() + after))

    async def watch(self) -> None:
        """Start what is due and notice what died, until cancelled."""
        while True:
            for entry in self._entries:
                self._look_after(entry)
            await asyncio.sleep(LOOK_SECONDS)

    async def stop(self, seconds: float = STOP_SECONDS) -> None:
        """End them all at the same time; what takes longer than `seconds` is killed."""
        for entry in self._entries:
            entry.child.terminate()
        await asyncio.gather(*(entry.child.stop(seconds) for entry in self._entries))

    def _look_after(self, entry: _Entry) -> None:
        now = time.monotonic()
        if entry.due is not None and now >= entry.due:
            entry.due, entry.started = None, now
            entry.child.start()
        elif entry.due is None and not entry.child.running:
            if now - entry.started > STEADY_SECONDS:
                entry.pauses.reset()
            pause = entry.pauses.next()
            entry.due = now + pause
            self._say(
                f"{entry.name} ended with code {entry.child.exit_code}, starts again in "
                f"{pause:.0f} s.{_ending(entry.child)}"
            )


def _ending(child: Child) -> str:
    """Where to read on, and the last line there; nothing where it writes to our own output."""
    if not (last := child.last_lines(1)):
        return ""
    return f" See {child.log}; it ends with:\n    {last[:LONGEST_LINE]}"
