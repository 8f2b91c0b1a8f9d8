"""The spool: every capture until the hub says that it is stored. Bounded; drops are counted."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog

from lookout.contract.errors import BadMessage
from lookout.contract.images import ImageMeta
from services.camera.outbox.disk import Disk
from services.camera.outbox.droppolicy import Policy, to_drop
from services.camera.outbox.entry import Entry

logger = structlog.get_logger()

MOST_IN_MEMORY = 16  # captures held while the disk takes none
MOST_UNWRITTEN_BYTES = 16 << 20  # of captures that wait for their receipt in memory
LOOK_SECONDS = 1.0  # between two looks which of those have waited long enough
FULL = "the spool is full"
Dropped = Callable[[int, str], None]


class Spool:
    """Captures by their milliseconds. `dropped(count, reason)` is told of every loss."""

    def __init__(
        self,
        folder: Path,
        *,
        max_bytes: int,
        max_files: int,
        dropped: Dropped,
        policy: Policy = "oldest",
        write_after: float = 0.0,
        tell: Callable[[str], None] = lambda blocked: None,
    ) -> None:
        """`tell` hears once why the disk takes nothing, and once nothing when it does again.

        For `write_after` seconds a capture waits for its receipt in memory, unwritten.
        """
        self.changed = asyncio.Event()
        self.lost = 0
        self._disk = Disk(folder, tell)
        self._max_bytes = max_bytes
        self._max_files = max_files
        self._dropped = dropped
        self._policy = policy
        self._write_after = write_after
        self._entries: OrderedDict[int, Entry] = OrderedDict()
        self._bytes = 0

    async def load(self) -> None:
        """Find what an earlier process left. A folder that cannot be used is told, not fatal."""
        for milliseconds, size in (await self._disk.found()).items():
            self._remember(Entry(milliseconds, size))

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def total_bytes(self) -> int:
        return self._bytes

    @property
    def newest(self) -> int:
        """Milliseconds of the newest capture, or 0."""
        return max(self._entries, default=0)

    def entries(self) -> Iterable[Entry]:
        """What waits, oldest first."""
        return self._entries.values()

    async def add(self, milliseconds: int, meta: ImageMeta, jpeg: bytes) -> None:
        """Keep a capture; a full spool drops others for it, or by its policy this one."""
        if not await self._make_room(len(jpeg)):
            return
        entry = Entry(milliseconds, len(jpeg), fresh=True)
        if self._may_wait(len(jpeg)):
            entry.memory, entry.write_at = (meta, jpeg), _clock() + self._write_after
            self._remember(entry)
            return
        size = await self._disk.write(milliseconds, meta, jpeg)
        if size is None:
            self._hold(entry, meta, jpeg)
            return
        entry.size = size
        self._remember(entry)

    async def run(self) -> None:
        """Write what has waited in memory for long enough, until cancelled."""
        while True:
            now = _clock()
            for entry in [each for each in self._in_memory() if each.write_at <= now]:
                await self._write(entry)
            await asyncio.sleep(LOOK_SECONDS)

    async def write_all(self) -> None:
        """Write what is only in memory, for the end of the process."""
        for entry in self._in_memory():
            await self._write(entry)

    async def read(self, entry: Entry) -> tuple[ImageMeta, bytes] | None:
        """The capture, or None when its file is gone or damaged; then it is let go."""
        if entry.memory is not None:
            return entry.memory
        try:
            return await self._disk.read(entry.milliseconds)
        except (OSError, BadMessage) as error:
            # A receipt for what was sent before may have come while the file was looked for.
            if self._entries.get(entry.milliseconds) is entry:
                await self._let_go(entry, error)
        return None

    async def remove(self, milliseconds: Iterable[int]) -> None:
        """Let captures go that the hub has answered for."""
        await self._disk.remove([each for each in milliseconds if self._forget(each)])

    async def refuse(self, milliseconds: int, reason: str) -> None:
        """Set a capture aside that the hub will never store, where a person can look at it."""
        entry = self._entries.get(milliseconds)
        if entry is None:
            return
        await self._write(entry)
        if self._entries.get(milliseconds) is not entry:
            return  # it was answered for meanwhile
        if not self._forget(milliseconds):
            self._count_lost(1, reason)
        elif gone := await self._disk.refuse(milliseconds, reason):
            self._count_lost(gone, "too many were refused")

    async def take_back(self) -> None:
        """Find what a person put back."""
        for milliseconds, size in (await self._disk.take_back()).items():
            if milliseconds not in self._entries:
                self._remember(Entry(milliseconds, size))

    def get(self, milliseconds: int) -> Entry | None:
        """A capture that waits."""
        return self._entries.get(milliseconds)

    async def _make_room(self, size: int) -> bool:
        """Drop until `size` more bytes fit. False when none may be dropped: the new one is lost."""
        excess = self._bytes + size - self._max_bytes
        surplus = len(self._entries) + 1 - self._max_files
        if excess <= 0 and surplus <= 0:
            return True
        waiting = list(self._entries.values())
        chosen = to_drop(self._policy, [entry.size for entry in waiting], excess, surplus)
        if chosen is None:
            self._count_lost(1, FULL)
            return False
        gone = [waiting[index] for index in chosen]
        self._lose(gone, FULL)
        await self._disk.remove(entry.milliseconds for entry in gone)
        return True

    async def _let_go(self, entry: Entry, error: Exception) -> None:
        """It cannot be read."""
        if isinstance(error, FileNotFoundError):
            self._lose([entry], "its file is gone")
            return
        self._lose([entry], str(error))
        await self._disk.set_damaged_aside(entry.milliseconds)

    def _hold(self, entry: Entry, meta: ImageMeta, jpeg: bytes) -> None:
        """Keep a capture in memory; the disk is full, read-only or gone."""
        held = self._in_memory()
        if len(held) >= MOST_IN_MEMORY:
            self._lose(held[:1], "the disk takes nothing and memory is full")
        entry.memory = (meta, jpeg)
        self._remember(entry)

    def _in_memory(self) -> list[Entry]:
        return [each for each in self._entries.values() if each.memory is not None]

    def _may_wait(self, size: int) -> bool:
        unwritten = sum(each.size for each in self._in_memory())
        return self._write_after > 0 and unwritten + size <= MOST_UNWRITTEN_BYTES

    async def _write(self, entry: Entry) -> None:
        """Have on disk what is only in memory; where the disk refuses, it stays there."""
        if entry.memory is None:
            return
        size = await self._disk.write(entry.milliseconds, *entry.memory)
        if size is None:
            entry.write_at = _clock() + self._write_after
            return
        if self._entries.get(entry.milliseconds) is not entry:
            await self._disk.remove([entry.milliseconds])  # it was confirmed meanwhile
            return
        self._bytes += size - entry.size
        entry.size, entry.memory = size, None

    def _remember(self, entry: Entry) -> None:
        self._entries[entry.milliseconds] = entry
        self._bytes += entry.size
        self.changed.set()

    def _forget(self, milliseconds: int) -> bool:
        entry = self._entries.pop(milliseconds, None)
        if entry is None:
            return False
        self._bytes -= entry.size
        self.changed.set()
        return entry.memory is None

    def _lose(self, entries: list[Entry], reason: str) -> None:
        for entry in entries:
            self._forget(entry.milliseconds)
        self._count_lost(len(entries), reason)

    def _count_lost(self, count: int, reason: str) -> None:
        self.lost += count
        logger.error("captures lost", count=count, reason=reason)
        self._dropped(count, reason)


def _clock() -> float:
    return asyncio.get_running_loop().time()
