"""Health is progress: what is busy without a sign is sick, what rests is not."""

import subprocess
import sys
from pathlib import Path

from lookout.host import progress
from lookout.host.progress import Progress


class Clock:
    """A clock that only we set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_work_without_progress_is_overdue_after_its_patience() -> None:
    clock = Clock()
    all_work = Progress(clock)
    with all_work.watched("images", 30.0) as work:
        clock.now = 29.0
        assert not all_work.overdue()
        clock.now = 40.0
        assert all_work.overdue() == {"images": 10.0}
        work.beat()
        assert not all_work.overdue()
    clock.now = 1000.0
    assert not all_work.overdue()


def test_work_that_rests_is_well_for_ever() -> None:
    clock = Clock()
    all_work = Progress(clock)
    with all_work.watched("images") as work:
        work.rest()
        clock.now = 1e6
        assert not all_work.overdue()


def test_a_beat_below_speaks_of_the_work_that_it_is_part_of() -> None:
    clock = Clock()
    all_work = Progress(clock)
    with all_work.watched("outer"), all_work.watched("inner"):
        clock.now = 100.0
        progress.beat()
        assert all_work.overdue() == {"outer": 70.0}


STUCK = """
import asyncio, sys, time
from pathlib import Path
from lookout.host import health, progress, run, tasks
from lookout.host.settings import Settings

health.BEAT_SECONDS, health.GRACE_SECONDS, health.BLOCKED_BEATS = 0.05, 0.2, 10

async def stuck():
    with progress.watched("stuck work", 0.2):
        if sys.argv[2] == "blocked":
            time.sleep(60)
        await asyncio.Event().wait()

async def body():
    async with tasks.Crew() as crew:
        crew.start(stuck(), "stuck")

run.run("probe", Settings(data=Path(sys.argv[1])), body)
"""


NO_FOLDER = """
import asyncio, sys
from pathlib import Path
from lookout.host import health, run
from lookout.host.settings import Settings

health.BEAT_SECONDS, health.BLOCKED_BEATS = 0.05, 10

async def body():
    await asyncio.sleep(0.5)  # ten beats
    print("still at work")

run.run("probe", Settings(data=Path(sys.argv[1])), body)
"""


def test_a_process_that_cannot_write_its_heartbeat_goes_on_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("not a folder")
    command = [sys.executable, "-c", NO_FOLDER, str(tmp_path)]
    process = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert process.returncode == 0, process.stderr
    assert "still at work" in process.stdout
    assert process.stderr.count("the heartbeat in") == 1


def ended(folder: Path, how: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", STUCK, str(folder), how]
    return subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)


def test_a_process_whose_work_stands_still_ends_itself_and_says_which(tmp_path: Path) -> None:
    process = ended(tmp_path, "waits")
    assert process.returncode == 70
    assert "stuck work" in process.stderr


def test_a_process_whose_loop_is_blocked_ends_itself(tmp_path: Path) -> None:
    process = ended(tmp_path, "blocked")
    assert process.returncode == 70
    assert "the event loop is blocked" in process.stderr
