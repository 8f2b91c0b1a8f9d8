"""The start of compose's Redis: Redis' own tool finds what a power cut damaged, and it is cut."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lookout.embedded.appendonly import damage
from lookout.embedded.mending import mend
from lookout.embedded.ports import free_port
from lookout.embedded.redis_server import find_server
from tests.support.small_disk import small_disk

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
    tools: Path,
    file: Path,
    *words: str,
    end_bytes: int = 64 << 20,
    redis: tuple[str, ...] = ("echo", "started"),
) -> subprocess.CompletedProcess[str]:
    """Run the script on the test's folder, with `redis` in Redis' place."""
    return subprocess.run(
        [*script(file, end_bytes), *words, *redis],
        env=path(tools),
        capture_output=True,
        text=True,
        check=False,
    )


def script(file: Path, end_bytes: int = 64 << 20) -> list[str]:
    text = SCRIPT.read_text().replace("data=/data", f"data={file.parents[1]}")
    text = text.replace("end_bytes=67108864", f"end_bytes={end_bytes}")
    return ["sh", "-c", text, "redis-start.sh"]


def path(tools: Path) -> dict[str, str]:
    return {"PATH": f"{tools}:{os.environ['PATH']}"}


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


def test_a_full_disk_has_room_for_what_was_cut(tools: Path, file: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        full = shutil.copytree(file.parents[1], disk.folder / "data") / "appendonlydir" / file.name
        (full.parents[1] / "damaged").mkdir()
        full.write_bytes(COMMAND * 3000 + bytes(8192))
        disk.fill()

        done = start(tools, full)

        assert (done.returncode, done.stdout) == (0, "started\n")
        assert full.read_bytes() == COMMAND * 3000
        (copy,) = (full.parents[1] / "damaged").iterdir()
        assert copy.read_bytes() == bytes(8192)
        assert f"8192 damaged bytes were cut from the end of {full.name}" in done.stderr
        assert str(copy) in done.stderr


def test_damage_in_the_middle_stops_it_with_the_lines_to_type(tools: Path, file: Path) -> None:
    torn = COMMAND * 100 + bytes(300) + COMMAND * 2000
    file.write_bytes(torn)

    done = start(tools, file, end_bytes=10_000)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n    docker compose ") == 3
    assert file.read_bytes() == torn
    assert start(tools, file, "--middle", end_bytes=10_000).stdout == "started\n"
    assert damage(file) == []


def test_a_bit_that_has_flipped_in_a_commands_name_is_told_with_the_lines_to_type(
    tools: Path, file: Path
) -> None:
    """Its tool takes any name for a command; Redis itself does not start."""
    flipped = COMMAND.replace(b"SET", b"SGT")
    file.write_bytes(COMMAND * 100 + flipped + COMMAND * 100)
    program, _ = find_server()
    folder = str(file.parents[1])
    server = (str(program), "--port", str(free_port()), "--dir", folder, "--appendonly", "yes")
    (file.parent / "appendonly.aof.manifest").write_text(f"file {file.name} seq 2 type i\n")

    done = start(tools, file, redis=server)

    assert done.returncode == 1
    assert "unknown command 'sgt'" in done.stdout.lower()
    assert done.stderr.count("\n    docker compose ") == 3
    assert flipped in file.read_bytes()
    (mended,) = mend(file.parents[1], middle=True)
    assert (mended.bytes, file.read_bytes()) == (len(flipped), COMMAND * 200)


def test_redis_is_ended_in_order_and_its_end_is_the_scripts(tools: Path, file: Path) -> None:
    redis = 'trap "echo ended; exit 7" TERM; echo started; while :; do sleep 0.05; done'
    with subprocess.Popen(
        [*script(file), "sh", "-c", redis], env=path(tools), stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "started\n"
        running.terminate()
        assert running.stdout.read() == "ended\n"
        assert running.wait() == 7
