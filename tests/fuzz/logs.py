"""What services wrote to their logs: the tracebacks among it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

# The last line of a traceback, bare or inside an exception group's frame of bars.
_LAST = re.compile(r"^[\s|+-]*((?:[a-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Warning|Exit|Topic|Message)"
                   r"(?:: .*)?)$")  # fmt: skip
_OURS = re.compile(r'File "[^"]*?/((?:lookout|services)/[^"]+)", line (\d+)')


@dataclass(frozen=True, slots=True)
class Trace:
    """A traceback: the last place in our own code, and its last line."""

    place: str
    error: str

    def __str__(self) -> str:
        return f"{self.error[:200]} ({self.place})"


@dataclass(slots=True)
class Log:
    """A log file that grows; `news` gives each traceback once."""

    path: Path
    _at: int = field(default=0)

    def news(self) -> list[Trace]:
        """The tracebacks that were written since the last call."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self._at)
            text = file.read().decode(errors="replace")
            self._at = file.tell()
        return list(traces(text))


def traces(text: str) -> Iterator[Trace]:
    """Every traceback in a log, of JSON lines and of bare ones."""
    bare: list[str] = []
    for line in text.splitlines():
        if line.startswith("{"):
            try:
                exception = json.loads(line).get("exception", "")
            except ValueError:
                continue
            if exception:
                yield trace(exception)
        else:
            bare.append(line)
    if any("Traceback" in line for line in bare):
        yield trace("\n".join(bare))


def trace(text: str) -> Trace:
    """The innermost error of a traceback that is no group."""
    found = [match[1] for line in text.splitlines() if (match := _LAST.match(line))]
    errors = [error for error in found if not re.match(r"\w*ExceptionGroup", error)]
    places = _OURS.findall(text)
    place = ":".join(places[-1]) if places else "?"
    return Trace(place, errors[-1] if errors else text.strip().splitlines()[-1])
