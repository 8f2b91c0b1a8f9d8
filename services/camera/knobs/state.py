"""What a node keeps over restarts: the settings that were changed and the last id it used.

Two files with the same content, each synced and renamed into its place, one after the other: a
power cut leaves at least one of them whole. Where neither can be read, `damage` says why: then
nobody knows which privacy masks were asked for last, and no picture may leave the node.
"""

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import structlog

from lookout.contract.limits import LATEST
from lookout.contract.plain import json_value
from lookout.host.files import replace_file

logger = structlog.get_logger()


class State:
    """A small JSON file beside the spool, and its copy."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._copy = path.with_suffix(".copy")
        self._order = threading.Lock()
        self._number = 0  # of the last content made
        self._written = 0  # of the last content on disk
        self._failed = False  # whether the disk refused the last one
        self.damage: str | None = None
        self._content = self._load()

    @property
    def last_id(self) -> int:
        """Milliseconds of the last id used, or 0."""
        last = self._content.get("last_id", 0)
        return last if isinstance(last, int) and 0 < last < LATEST * 1000 else 0

    def keep_last_id(self, milliseconds: int) -> None:
        """Keep the last id used, in memory until the next save."""
        self._content["last_id"] = milliseconds

    def kept(self, part: str) -> dict[str, Any]:
        """What was kept under a name; empty where it is none or damaged."""
        values = self._content.get(part, {})
        return dict(values) if isinstance(values, dict) else {}

    def keep(self, part: str, values: dict[str, Any]) -> None:
        """Keep this in place of what was kept under the name, in memory until the next save."""
        self._content[part] = values

    def switch(self, name: str, configured: bool) -> bool:
        """Whether something is on: as it was last switched, else as it is configured."""
        kept = self._content.get(name, configured)
        return kept if isinstance(kept, bool) else configured

    def keep_switch(self, name: str, on: bool) -> None:
        """Keep how something was switched, in memory until the next save."""
        self._content[name] = on

    async def write(self) -> str:
        """Have all of it on disk; why not, where the disk refuses. Nothing is raised."""
        number, text = self._next()
        return await asyncio.to_thread(self._write, number, text)

    async def write_again(self) -> None:
        """Try once more where the disk refused the last time."""
        if self._failed:
            await self.write()

    def save(self) -> None:
        """Write it here and now, for the end of the process."""
        self._write(*self._next())

    def _next(self) -> tuple[int, str]:
        """The content as it is now; made by the event loop, as only that changes it."""
        self._number += 1
        return self._number, json.dumps(self._content)

    def _write(self, number: int, text: str) -> str:
        with self._order:
            if number <= self._written:
                return ""  # a newer one is there
            try:
                for path in (self._path, self._copy):
                    replace_file(path, text)
            except OSError as error:
                self._failed = True
                logger.error("node state not written", path=str(self._path), reason=str(error))
                return f"{self._path}: {error.strerror or error}"
            self._written, self._failed = number, False
            return ""

    def _load(self) -> dict[str, Any]:
        for path in (self._path, self._copy):
            try:
                content = json_value(path.read_bytes(), what=path.name)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except (OSError, ValueError) as error:
                self.damage = self.damage or f"{path}: {error}"
                continue
            if isinstance(content, dict):
                if self.damage:
                    logger.warning("node state taken from its copy", reason=self.damage)
                self.damage = None
                return content
            self.damage = self.damage or f"{path}: it holds no settings"
        if self.damage:
            logger.error("node state lost", reason=self.damage)
        return {}
