"""Every file that is renamed into a folder, as the kernel tells it: none is missed.

Looking into the folder again and again would miss a file that is soon removed. (inotify(7), Linux)
"""

import asyncio
import ctypes
import os
import struct
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

IN_MOVED_TO: Final = 0x80  # sys/inotify.h
IN_Q_OVERFLOW: Final = 0x4000
_HEADER: Final = struct.Struct("iIII")  # watch descriptor, mask, cookie, length of the name
_READ_BYTES: Final = 65_536


class FolderWatch:
    """Calls `seen` with the path of each file renamed into `folder`. A context manager."""

    def __init__(self, folder: Path, seen: Callable[[Path], None]) -> None:
        self._folder = folder
        self._seen = seen
        self._descriptor = -1

    def __enter__(self) -> Self:
        libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if libc.inotify_add_watch(self._descriptor, bytes(self._folder), IN_MOVED_TO) < 0:
            raise OSError(ctypes.get_errno(), f"cannot watch {self._folder}")
        asyncio.get_running_loop().add_reader(self._descriptor, self.look)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)

    def look(self) -> None:
        """Take what the kernel has to tell now."""
        try:
            told = os.read(self._descriptor, _READ_BYTES)
        except BlockingIOError:
            return
        while told:
            _, mask, _, length = _HEADER.unpack_from(told)
            name = told[_HEADER.size : _HEADER.size + length].rstrip(b"\0")
            told = told[_HEADER.size + length :]
            assert not mask & IN_Q_OVERFLOW, "more files than the kernel remembers"
            if mask & IN_MOVED_TO:
                self._seen(self._folder / os.fsdecode(name))
