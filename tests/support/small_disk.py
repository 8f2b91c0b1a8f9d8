"""A small disk of its own that a test can fill: a tmpfs, which takes root."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import pytest

_FILLER = "filler"


class SmallDisk:
    """A mounted folder; `fill` leaves not a byte, `free` gives it back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self) -> None:
        with (self.folder / _FILLER).open("wb") as file:
            while left := _free_bytes(self.folder):
                with suppress(OSError):  # somebody else took some of it meanwhile
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, left)

    def free(self) -> None:
        (self.folder / _FILLER).unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mount one at `folder`, which is made; skips the test where that is not allowed."""
    if not may_mount():
        pytest.skip("a full disk needs a small tmpfs of its own, and mounting one takes root")
    folder.mkdir(parents=True)
    _mount(folder, megabytes)
    try:
        yield SmallDisk(folder)
    finally:
        # Lazily: a server that just ended may still hold a file for a moment.
        subprocess.run(["umount", "--lazy", folder], check=True)


@cache
def may_mount() -> bool:
    """Whether a tmpfs can be mounted here: root in a container often may not."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    probe = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(probe, check=False, capture_output=True).returncode == 0


def _mount(folder: Path, megabytes: int) -> None:
    size = f"size={megabytes}m,mode=700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder], check=True)


def _free_bytes(folder: Path) -> int:
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize
