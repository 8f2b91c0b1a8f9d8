"""The start of compose's Redis: Redis' own tool finds what a power cut damaged, and it is cut."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lookout.embedded.appendonly import damage
from lookout.embedded.redis_server import find_server

SCRIPT = Path(__file__).parents[2] / "deploy" / "redis-start.sh"
COMMAND = b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$9\r\n123456789\r\n"


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder with `redis-check-aof`, which is the server under another name."""
    folder = tmp_path / "bin"
    folder.mkdir()
    if there := shutil.which("redis-check-aof"):
        (folder / "redis-check-aof").symlink_to(there)
        return folder
    program, _ = find_server()
    (folder / "redis-check-aof").symlink_to(program)
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The last file of commands, whole."""
    folder = tmp_path / "data" / "appendonlydir"
    folder.mkdir(parents=True)
    (folder / "appendonly.aof.manifest").write_text(
        "file appendonly.aof.1.base.rdb seq 1 type b\n"
        "file appendonly.aof.1.incr.aof seq 1 type i\n"
        "file appendonly.aof.2.incr.aof seq 2 type i\n"
    )
    (folder / "appendonly.aof.1.incr.aof").write_bytes(COMMAND)
    (folder / "appendonly.aof.2.incr.aof").write_bytes(COMMAND * 3000)
    return folder / "appendonly.aof.2.incr.aof"


def start(
    tools: Path, file: Path, *words: str, end_bytes: int = 8 << 20
) -> subprocess.CompletedProcess[str]:
    """Run the script on the test's folder, with `echo started` in Redis' place."""
    data = file.parents[1]
    script = SCRIPT.read_text().replace("data=/data", f"data={data}")
    script = script.replace("end_bytes=8388608", f"end_bytes={end_bytes}")
    return subprocess.run(
        ["sh", "-c", script, "redis-start.sh", *words, "echo", "started"],
        env={"PATH": f"{tools}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_whole_file_is_left_alone(tools: Path, file: Path) -> None:
    done = start(tools, file)

    assert (done.returncode, done.stdout, done.stderr) == (0, "started\n", "")
    assert file.read_bytes() == COMMAND * 3000


def test_a_redis_without_files_starts(tools: Path, file: Path) -> None:
    shutil.rmtree(file.parent)

    assert start(tools, file).stdout == "started\n"


@pytest.mark.parametrize("rest", [bytes(4096), b"*3\r\n$3\r\nSE" + bytes(100), b"*3\r\n$3\r\nS"])
def test_a_damaged_end_is_cut_kept_and_told(tools: Path, file: Path, rest: bytes) -> None:
    with file.open("ab") as written:
        written.write(rest)

    done = start(tools, file)

    assert (done.returncode, done.stdout) == (0, "started\n")
    assert f"{len(rest)} damaged bytes were cut" in done.stderr
    assert file.read_bytes() == COMMAND * 3000
    (copy,) = (file.parents[1] / "damaged").iterdir()
    assert copy.read_bytes() == rest


def test_damage_in_the_middle_stops_it_with_the_lines_to_type(tools: Path, file: Path) -> None:
    torn = COMMAND * 100 + bytes(300) + COMMAND * 2000
    file.write_bytes(torn)

    done = start(tools, file, end_bytes=10_000)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n    docker compose ") == 3
    assert file.read_bytes() == torn
    assert start(tools, file, "--middle", end_bytes=10_000).stdout == "started\n"
    assert damage(file) == []
