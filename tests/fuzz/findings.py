"""What went wrong in a run, each thing once, with what was sent before it."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from tests.fuzz.logs import Log
from tests.fuzz.system import System

LAST: Final = 40  # messages that are shown
MOST: Final = 60  # different findings, then the run ends


@dataclass(slots=True)
class Finding:
    """One thing that must not be."""

    what: str
    number: int  # of the message that was sent last
    last: tuple[str, ...]
    times: int = 1


@dataclass(slots=True)
class Findings:
    """Collects them, and the messages that were sent last."""

    system: System
    found: dict[str, Finding] = field(default_factory=dict)
    _sent: deque[tuple[int, str, object]] = field(default_factory=lambda: deque(maxlen=LAST))
    _logs: dict[str, Log] = field(default_factory=dict)

    @property
    def enough(self) -> bool:
        return len(self.found) >= MOST

    def sent(self, number: int, who: str, item: object) -> None:
        """This is being sent."""
        self._sent.append((number, who, item))

    def add(self, key: str, what: str, *, cause: str = "") -> None:
        """Note a finding; one of the same key is the same one."""
        if key in self.found:
            self.found[key].times += 1
            return
        last = tuple(f"{number} {who}: {item}" for number, who, item in self._sent)
        number = self._sent[-1][0] if self._sent else 0
        self.found[key] = Finding(what, number, (cause,) if cause else last)
        print(f"FOUND {what} {cause}", flush=True)

    def look_into_logs(self, *, cause: str = "") -> list[str]:
        """Note every traceback that is new; returns their places."""
        places = []
        for name, child in self.system.services.items():
            for trace in self._logs.setdefault(name, Log(child.log)).news():
                kind = trace.error.partition(":")[0]
                self.add(f"{name} {trace.place} {kind}", f"{name}: {trace}", cause=cause)
                places.append(trace.place)
        return places

    def __str__(self) -> str:
        return "\n".join(line for finding in self.found.values() for line in _told(finding))


def _told(finding: Finding) -> Iterable[str]:
    yield f"* {finding.what} ({finding.times} times, at message {finding.number})"
    yield from (f"    {line}" for line in finding.last)
