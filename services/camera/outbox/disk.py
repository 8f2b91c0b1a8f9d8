"""The folder under the spool. A disk that takes nothing is told once, and once when it does."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import structlog

from lookout.contract.images import ImageMeta
from services.camera.outbox import refused, spoolfile

logger = structlog.get_logger()


class Disk:
    """Captures as files, by their milliseconds. Every error of the disk ends here."""

    def __init__(self, folder: Path, tell: Callable[[str], None]) -> None:
        """`tell` hears why the disk takes nothing, and nothing when it does again."""
        self.folder = folder
        self.trouble = ""  # why it takes nothing; empty while it does
        self._tell = tell

    async def found(self) -> dict[int, int]:
        """What an earlier process left: milliseconds and bytes of each, oldest first."""
        try:
            return await asyncio.to_thread(spoolfile.found, self.folder)
        except OSError as error:
            self._note(str(error))
            return {}

    async def write(self, milliseconds: int, meta: ImageMeta, jpeg: bytes) -> int | None:
        """The size of its file in bytes; None where the disk refuses."""
        path = spoolfile.path_of(self.folder, milliseconds)
        loop = asyncio.get_running_loop()
        writing = loop.run_in_executor(None, spoolfile.write, path, meta, jpeg)
        try:
            # Whoever stops the node meanwhile does not take it out of the thread's queue: that
            # cost the last picture on a busy computer.
            size = await asyncio.shield(writing)
        except OSError as error:
            self._note(str(error))
            return None
        self._note("")
        return size

    async def read(self, milliseconds: int) -> tuple[ImageMeta, bytes]:
        """Raises OSError, or BadMessage where it is damaged."""
        path = spoolfile.path_of(self.folder, milliseconds)
        return await asyncio.to_thread(spoolfile.read, path)

    async def set_damaged_aside(self, milliseconds: int) -> None:
        """For a person to look at."""
        path = spoolfile.path_of(self.folder, milliseconds)
        await asyncio.to_thread(_try, partial(spoolfile.set_aside, path))

    async def refuse(self, milliseconds: int, reason: str) -> int:
        """Set aside what the hub will never store; how many older ones went for it."""
        try:
            return await asyncio.to_thread(refused.set_aside, self.folder, milliseconds, reason)
        except OSError as error:
            logger.error("a refused capture is not set aside", reason=str(error))
            return 0

    async def take_back(self) -> dict[int, int]:
        """What a person put back: milliseconds and bytes of each."""
        try:
            return await asyncio.to_thread(refused.take_back, self.folder)
        except OSError as error:
            logger.warning("what was put back stays where it is", reason=str(error))
            return {}

    async def remove(self, milliseconds: Iterable[int]) -> None:
        """What is not there is no error."""
        await asyncio.to_thread(self._unlink, list(milliseconds))

    def _unlink(self, milliseconds: list[int]) -> None:
        for each in milliseconds:
            path = spoolfile.path_of(self.folder, each)
            _try(partial(path.unlink, missing_ok=True))

    def _note(self, trouble: str) -> None:
        before, self.trouble = self.trouble, trouble
        if bool(before) == bool(trouble):
            return
        if trouble:
            logger.error("the spool takes nothing, holding in memory", reason=trouble)
        else:
            logger.info("the spool takes captures again")
        self._tell(trouble)


def _try(action: Callable[[], None]) -> None:
    try:
        action()
    except OSError as error:
        logger.error("the spool folder refuses", reason=str(error))
