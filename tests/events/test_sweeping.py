"""Log files go by age only while nobody doubts the clock."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lookout.host.clock import ClockWatch
from lookout.store import keys
from services.events.dailylog import DailyLog, Line
from services.events.sweeping import STEP_SECONDS, Sweeping
from tests.support.small_disk import small_disk

DAY = 86_400.0


class Clock:
    """A clock that the test sets, `ahead` of the one that only runs."""

    def __init__(self) -> None:
        self.ran = 0.0
        self.ahead = 0.0
        self.began = datetime.now(UTC).timestamp()

    def wall(self) -> float:
        return self.began + self.ran + self.ahead

    def watch(self) -> ClockWatch:
        return ClockWatch(STEP_SECONDS, self.wall, lambda: self.ran)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    for name in (
        "events-2020-01-01.log",
        f"events-{datetime.now().astimezone():%Y-%m-%d}.log",
        "other.log",
    ):
        (tmp_path / name).write_text("a line\n")
    return tmp_path


def left(logs: Path) -> int:
    return len(list(logs.iterdir()))


async def swept(sweeping: Sweeping, clock: Clock, hours: int, ahead: float = 0.0) -> None:
    clock.ahead = ahead
    for _ in range(hours * 60):
        clock.ran += 60
        await sweeping.look()


async def test_an_old_log_file_goes_once_the_clock_has_run_for_an_hour(
    logs: Path, client: Any
) -> None:
    clock = Clock()
    sweeping = Sweeping(DailyLog(logs, keep_days=30), client, clock.watch())
    await sweeping.look()
    assert left(logs) == 3
    await swept(sweeping, clock, 2)
    assert sorted(path.name for path in logs.iterdir())[0] != "events-2020-01-01.log"
    assert left(logs) == 2


async def test_none_goes_while_the_clock_is_set_or_in_doubt(logs: Path, client: Any) -> None:
    clock = Clock()
    sweeping = Sweeping(DailyLog(logs, keep_days=30), client, clock.watch())
    for _ in range(3):  # never calm for an hour
        clock.ran += 1_800
        await sweeping.look()
        clock.ahead += 400 * DAY
        await sweeping.look()
    assert left(logs) == 3
    await client.set(keys.CLOCK, "it was set forward")
    await swept(sweeping, clock, 3, clock.ahead)
    assert left(logs) == 3
    await client.delete(keys.CLOCK)
    await swept(sweeping, clock, 1, clock.ahead)
    assert left(logs) == 2


def test_writing_removes_nothing_whatever_the_time_of_the_event(logs: Path) -> None:
    log = DailyLog(logs, keep_days=30)
    log.write([Line(datetime.now(UTC).timestamp() + 400 * DAY, "garden", "clock_skew", "")])
    assert left(logs) == 4


def test_half_a_line_on_a_full_disk_spoils_no_other(tmp_path: Path) -> None:
    now = datetime.now(UTC).timestamp()
    before, lost, after = (Line(now, "garden", "noise", f"{n} " + "x" * 3_000) for n in range(3))
    with small_disk(tmp_path / "disk", 1) as disk:
        log = DailyLog(disk.folder, keep_days=30)
        log.write([before])
        disk.fill()
        with pytest.raises(OSError, match="No space left"):
            log.write([lost])  # as much of it as the file's last block takes
        disk.free()
        log.write([after])
        (file,) = disk.folder.glob("events-*.log")
        whole, half, last = file.read_bytes().splitlines(keepends=True)
    assert (whole, last) == (before.text, after.text)
    assert lost.text.startswith(half.rstrip())
