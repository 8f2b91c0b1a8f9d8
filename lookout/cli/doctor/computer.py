"""This computer: room on the disk, and how many files a process may open."""

import resource
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lookout.amounts.sizes import format_size
from lookout.cli.doctor.finding import Finding, good, wrong

LEAST_ROOM: Final = 500_000_000  # bytes that should be free
LEAST_SHARE: Final = 0.05  # and this part of the disk
LEAST_FILES: Final = 4_096  # that a process may have open: one for each browser and node


def look(folder: Path) -> Iterator[Finding]:
    """How it is about the disk of the data folder, where it is here, and about open files."""
    if folder.is_dir():
        yield of_disk(folder)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < LEAST_FILES:
        yield wrong(
            "open files",
            f"a process may have {hard:,} at most: raise it (LimitNOFILE= for systemd, `ulimits: "
            "nofile` in compose).",
        )
    else:
        yield good("open files", f"a process may have {hard:,}.")


def of_disk(folder: Path) -> Finding:
    """Whether there is room where the logs are."""
    total, _, free = shutil.disk_usage(folder)
    room = f"{format_size(free)} of {format_size(total)} are free under {folder.resolve()}"
    if free < LEAST_ROOM or free < LEAST_SHARE * total:
        return wrong("disk", f"{room}: remove what is not needed, or take a larger one.")
    return good("disk", f"{room}.")
