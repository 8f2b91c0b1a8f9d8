"""The daily log file: one line an event, a file a day, in imagehub's line format.

    2026-11-20 21:44:53,123 ~ garden|motion_started|score=0.4

Local time with milliseconds, ` ~ `, then node, type and text (imagehub/imagehub.py, its log line).
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, Final

import structlog

logger = structlog.get_logger()

_NAME = re.compile(r"events-(\d{4}-\d{2}-\d{2})\.log")


TAIL: Final = 1 << 20  # bytes at a file's end that may hold what was not stored when we were killed
MOST_DAYS: Final = 3  # files whose ends are remembered


@dataclass(frozen=True, slots=True)
class Line:
    """One event in the log: fired at Unix time `at`."""

    at: float
    node: str
    event_type: str
    words: str

    @property
    def day(self) -> str:
        """Of which day it is, local time."""
        return datetime.fromtimestamp(self.at).astimezone().strftime("%Y-%m-%d")

    @property
    def text(self) -> bytes:
        """As it stands in the file."""
        moment = datetime.fromtimestamp(self.at).astimezone()
        stamp = moment.strftime("%Y-%m-%d %H:%M:%S,") + f"{moment.microsecond // 1000:03d}"
        return f"{stamp} ~ {self.node}|{self.event_type}|{_one_line(self.words)}\n".encode()


class DailyLog:
    """Appends to `events-YYYY-MM-DD.log` in a folder; `sweep` removes those past `keep_days`."""

    def __init__(self, folder: Path, *, keep_days: int) -> None:
        self._folder = folder
        self._keep = timedelta(days=keep_days)
        self._before: dict[Path, set[bytes]] = {}  # what was in a file when we first wrote to it
        self._last: set[bytes] = set()  # what we wrote last

    def write(self, lines: Sequence[Line]) -> None:
        """Append one line each. Raises OSError, and then any of them may not be there.

        A line that is there already (Redis was away, or we were killed, before the event was
        stored) is not written twice.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        for day, of_day in groupby(lines, key=lambda line: line.day):
            self._append(self._folder / f"events-{day}.log", [line.text for line in of_day])

    def _append(self, path: Path, texts: Sequence[bytes]) -> None:
        before = self._before.pop(path, None)  # a full disk may take a part of a line: look again
        with path.open("ab+") as file:
            if before is None:
                before = _last_lines(file)
            there = before | self._last
            new = [text for text in dict.fromkeys(texts) if text not in there]
            file.write(b"".join(new))
        self._before[path], self._last = before, set(texts)
        self._forget()

    def _forget(self) -> None:
        while len(self._before) > MOST_DAYS:
            del self._before[next(iter(self._before))]

    def sweep(self, now: datetime) -> None:
        """Remove what is too old, by a clock that can be trusted. Raises OSError."""
        if not self._folder.is_dir():
            return
        oldest = (now - self._keep).strftime("%Y-%m-%d")
        for path in self._folder.iterdir():
            named = _NAME.fullmatch(path.name)
            if named and named[1] < oldest:
                logger.info("removing an old log file", file=path.name)
                path.unlink(missing_ok=True)


def _last_lines(file: BinaryIO) -> set[bytes]:
    """The lines of a file's last TAIL bytes; a broken last line is ended first."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - TAIL))
    tail = file.read()
    if tail and not tail.endswith(b"\n"):
        file.write(b"\n")
    return set(tail.splitlines(keepends=True))


def _one_line(text: str) -> str:
    return " ".join(text.replace("|", "/").split())
