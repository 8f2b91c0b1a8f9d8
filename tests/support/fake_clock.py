"""A wrong clock for processes, by libfaketime (Debian's package `faketime`); set while they run.

Only the clock that people set is faked; the one that only runs is the real one, as on a computer.
"""

from functools import cache
from pathlib import Path

import pytest

_PLACES = ("/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib/faketime/libfaketime.so.1")


@cache
def _library() -> Path | None:
    found = [path for place in _PLACES for path in Path("/").glob(place.lstrip("/"))]
    return found[0] if found else None


def has_faketime() -> bool:
    """Whether clocks can be faked here."""
    return _library() is not None


def needs_faketime() -> None:
    """Skip the test where the library is not installed."""
    if _library() is None:
        pytest.skip("libfaketime is not here: apt install faketime")


class FakeClock:
    """What a process' clock is ahead of the real one, in seconds; it may be set at any time."""

    def __init__(self, file: Path, ahead: float = 0.0) -> None:
        needs_faketime()
        self._file = file
        self.ahead = ahead
        self.set(ahead)

    def set(self, ahead: float) -> None:
        """Set it; processes see it at once."""
        self.ahead = ahead
        beside = self._file.with_suffix(".new")
        beside.write_text(f"{ahead:+.3f}\n")
        beside.replace(self._file)  # never half a line

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to have this clock."""
        return {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1",
            "NO_FAKE_STAT": "1",
        }
