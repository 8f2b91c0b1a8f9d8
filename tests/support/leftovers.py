"""What a test must not leave behind."""

import asyncio
from pathlib import Path


def children() -> set[int]:
    """The processes that we have started and that still are there (Linux; elsewhere none)."""
    found: set[int] = set()
    for listing in Path("/proc/self/task").glob("*/children"):
        found |= {int(pid) for pid in listing.read_text().split()}
    return found


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
