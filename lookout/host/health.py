"""Liveness: a heartbeat file, and `python -m lookout.host.health SERVICE` that checks its age."""

import asyncio
import os
import sys
import time
from pathlib import Path

BEAT_SECONDS = 5.0
STALE_SECONDS = 30.0


async def beat(path: Path) -> None:
    """Touch `path` every few seconds for as long as the event loop turns; remove it at the end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        while True:
            path.touch()
            await asyncio.sleep(BEAT_SECONDS)
    finally:
        path.unlink(missing_ok=True)


def age(path: Path) -> float | None:
    """Seconds since the last beat, or None when there is no heartbeat file."""
    try:
        return max(0.0, time.time() - path.stat().st_mtime)
    except FileNotFoundError:
        return None


def main() -> None:
    """Exit 0 when the service named on the command line beats, 1 when not."""
    service = sys.argv[1] if len(sys.argv) > 1 else ""
    path = Path(os.environ.get("LOOKOUT_DATA", "data")) / "run" / f"{service}.heartbeat"
    seconds = age(path)
    if seconds is None:
        sys.exit(f"{service or 'the service'} is not running: there is no {path}")
    if seconds > STALE_SECONDS:
        sys.exit(f"{service} hangs: its last heartbeat is {seconds:.0f} s old")


if __name__ == "__main__":
    main()
