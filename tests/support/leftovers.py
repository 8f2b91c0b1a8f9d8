"""What a test must not leave behind."""

import asyncio
from contextlib import suppress
from pathlib import Path


def children(pid: int | str = "self") -> set[int]:
    """The processes that we, or another, have started and that still are there (Linux only)."""
    found: set[int] = set()
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # a thread that ended meanwhile
            found |= {int(child) for child in listing.read_text().split()}
    return found


def descendants(pid: int) -> set[int]:
    """A process's children, their children, and so on (Linux only)."""
    below = children(pid)
    return below.union(*(descendants(child) for child in below))


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and waits for its parent does not (Linux only)."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def describe(pid: int) -> str:
    """The command line of a process."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return f"{pid} (gone by now)"
    return f"{pid} {b' '.join(words).decode(errors='replace')}"


def tasks() -> set[str]:
    """The names of the tasks that are pending, but for the one that asks."""
    pending = asyncio.all_tasks() - {asyncio.current_task()}
    return {task.get_name() for task in pending}
