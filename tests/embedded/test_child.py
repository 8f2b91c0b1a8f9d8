"""Child processes, and that they cannot outlive us."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lookout.embedded.child import Child
from lookout.embedded.ports import NotStarted, until_ready
from tests.support.leftovers import alive
from tests.support.waiting import eventually

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
IGNORES_SIGTERM = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True);"
    " time.sleep(60)",
]
PARENT = """
import time
from pathlib import Path
from lookout.embedded.child import Child
child = Child({command!r}, log=Path({log!r}))
child.start()
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a process to its parent")
async def test_dies_with_its_parent_even_when_that_is_killed(tmp_path: Path) -> None:
    script = PARENT.format(command=SLEEP, log=str(tmp_path / "log"))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert alive(child)

        parent.kill()

    await eventually(lambda: not alive(child))


async def test_is_killed_when_it_does_not_stop_in_time(tmp_path: Path) -> None:
    child = Child(IGNORES_SIGTERM, log=tmp_path / "log")
    child.start()
    await eventually(lambda: "deaf" in child.last_lines())

    await child.stop(seconds=0.2)

    assert child.exit_code == -signal.SIGKILL


async def test_starts_again_and_keeps_its_log(tmp_path: Path) -> None:
    child = Child([sys.executable, "-c", "print('hello')"], log=tmp_path / "log")
    for _ in range(2):
        child.start()
        await child.ended(10)

    assert child.last_lines() == "hello\nhello"


async def test_a_program_that_ends_at_once_is_reported_with_its_last_words(tmp_path: Path) -> None:
    child = Child([sys.executable, "-c", "raise SystemExit('no such port')"], log=tmp_path / "log")
    child.start()

    async def never() -> bool:
        return False

    with pytest.raises(NotStarted, match="no such port"):
        await until_ready(child, never, "The program")


async def test_two_at_once_are_refused(tmp_path: Path) -> None:
    child = Child(SLEEP, log=tmp_path / "log")
    child.start()
    try:
        with pytest.raises(RuntimeError, match="runs already"):
            child.start()
    finally:
        await child.kill()
    assert child.pid is not None
    assert not alive(child.pid)
