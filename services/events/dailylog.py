"""The daily log file: one line an event, a file a day, in imagehub's line format.

    2026-11-20 21:44:53,123 ~ garden|motion_started|score=0.4

Local time with milliseconds, ` ~ `, then node, type and text (imagehub/imagehub.py, its log line).
"""

import os
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import structlog

logger = structlog.get_logger()

_NAME = re.compile(r"events-(\d{4}-\d{2}-\d{2})\.log")


class DailyLog:
    """Appends to `events-YYYY-MM-DD.log` in a folder; `sweep` removes those past `keep_days`."""

    def __init__(self, folder: Path, *, keep_days: int) -> None:
        self._folder = folder
        self._keep = timedelta(days=keep_days)

    def write(self, at: float, node: str, event_type: str, text: str) -> None:
        """Append one line for an event fired at Unix time `at`. Raises OSError.

        The same event again right after itself (Redis was away, or we were killed, before it was
        stored) is not written twice.
        """
        moment = datetime.fromtimestamp(at).astimezone()
        day = moment.strftime("%Y-%m-%d")
        self._folder.mkdir(parents=True, exist_ok=True)
        stamp = moment.strftime("%Y-%m-%d %H:%M:%S,") + f"{moment.microsecond // 1000:03d}"
        line = f"{stamp} ~ {node}|{event_type}|{_one_line(text)}\n".encode()
        with (self._folder / f"events-{day}.log").open("ab+") as file:
            if not _ends_with(file, line):
                file.write(line)

    def sweep(self, now: datetime) -> None:
        """Remove what is too old, for a clock that nobody doubts. Raises OSError."""
        if not self._folder.is_dir():
            return
        oldest = (now - self._keep).strftime("%Y-%m-%d")
        for path in self._folder.iterdir():
            named = _NAME.fullmatch(path.name)
            if named and named[1] < oldest:
                logger.info("removing an old log file", file=path.name)
                path.unlink(missing_ok=True)


def _ends_with(file: BinaryIO, line: bytes) -> bool:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - len(line)))
    return file.read() == line


def _one_line(text: str) -> str:
    return " ".join(text.replace("|", "/").split())
