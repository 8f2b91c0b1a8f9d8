"""Liveness: a heartbeat file that follows the progress of the work; a process without any ends.

`python -m lookout.host.health SERVICE` checks the file's age. A process that is not well lets it
grow old, says so, and ends itself after GRACE_SECONDS, to be restarted by whatever started it.
"""

import asyncio
import faulthandler
import os
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

from lookout.host.outage import Outage
from lookout.host.progress import Progress

logger = structlog.get_logger()

BEAT_SECONDS: Final = 5.0
STALE_SECONDS: Final = 30.0
GRACE_SECONDS: Final = 25.0  # overdue for so long, beyond its patience: under a minute in all
BLOCKED_BEATS: Final = 12  # the event loop has not turned for a minute
EXIT_CODE: Final = 70  # EX_SOFTWARE of sysexits.h
MOST_STACKS: Final = 20


class Heart:
    """Beats for as long as the event loop turns and its work goes on."""

    def __init__(self, path: Path, progress: Progress) -> None:
        self._path = path
        self._progress = progress
        self._outage = Outage(f"the heartbeat in {path}")
        self._well = True
        self._missed = 0

    async def beat(self) -> None:
        """Touch the file every few seconds while all is well; remove it at the end."""
        stop = threading.Event()
        threading.Thread(target=self._watch, args=(stop,), name="watchdog", daemon=True).start()
        try:
            while True:
                self._missed = 0
                self._look()
                await asyncio.sleep(BEAT_SECONDS)
        finally:
            stop.set()
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _look(self) -> None:
        overdue = self._progress.overdue()
        if not overdue:
            self._touch()
        if self._well != (not overdue):
            self._well = not overdue
            self._tell(overdue)
        if max(overdue.values(), default=0.0) > GRACE_SECONDS:
            _end("work makes no progress, ending this process", sorted(overdue))

    def _touch(self) -> None:
        """A full or read-only disk must not end the watcher: the beat is lost, not the work."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.touch()
        except OSError as error:
            self._outage.down(str(error))
        else:
            self._outage.up()

    def _tell(self, overdue: dict[str, float]) -> None:
        if overdue:
            logger.error("not healthy: this work makes no progress", work=sorted(overdue))
        else:
            logger.info("healthy again")
        self._progress.tell(self._well)

    def _watch(self, stop: threading.Event) -> None:
        """The event loop cannot tell that it is blocked. Counts its own turns, not the clock:
        a process that was frozen from outside is not at fault."""
        while not stop.wait(BEAT_SECONDS):
            self._missed += 1
            if self._missed >= BLOCKED_BEATS:
                faulthandler.dump_traceback(all_threads=True)
                logger.critical("the event loop is blocked, ending this process")
                os._exit(EXIT_CODE)


def _end(why: str, work: list[str]) -> None:
    logger.critical(why, work=work)
    for task in list(asyncio.all_tasks())[:MOST_STACKS]:
        task.print_stack(limit=8, file=sys.stderr)
    sys.stderr.flush()
    os._exit(EXIT_CODE)


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
