"""A Redis whose append-only file was damaged by a power cut starts again."""

import errno
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from lookout.embedded import cutting, mending, ports
from lookout.embedded.appendonly import Stretch, damage, damage_in
from lookout.embedded.mending import DamagedInTheMiddle, mend
from lookout.embedded.ports import NotStarted
from lookout.embedded.redis_server import RedisServer
from lookout.host.settings import Redis
from lookout.store import keys
from lookout.store.client import Client, opened
from lookout.store.images import Images, NewImage
from lookout.store.index import ensure_indexes
from lookout.store.nodes import Nodes
from tests.support.servers import PASSWORD
from tests.support.small_disk import SmallDisk, small_disk

LAST = 4_096  # bytes of the end that are damaged one by one
IMAGES = 30
MULTI = b"*1\r\n$5\r\nMULTI\r\n"


def jpeg(number: int) -> bytes:
    """Bytes with line ends in them, which a reader must not take for its own."""
    return (b"\r\n*%d\r\n$" % number) * 100


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place for the files of a Redis with images and nodes; see `folder`."""
    return tmp_path_factory.mktemp("filled")


async def _fill(client: Client) -> None:
    await ensure_indexes(client)
    for number in range(IMAGES):
        at = 1_790_000_000.0 + number
        image = NewImage(f"garden:{number}", "garden", at, at, 640, 480, jpeg(number))
        await Images(client).store([image], ttl=3600)
        await Nodes(client).set_info("garden", '{"spool": 0}', at)


@pytest.fixture
async def folder(filled: Path, tmp_path: Path) -> AsyncIterator[Path]:
    """The files of a Redis that was killed, as a copy of the test's own."""
    source = filled / "redis"
    if not source.exists():
        server = RedisServer(source, password=PASSWORD)
        await server.start()
        async with opened(Redis(url=server.url)) as client:
            await _fill(client)
            await client.execute_command("WAITAOF", 1, 0, 2000)
        await server.kill()
    shutil.copytree(source, tmp_path / "redis")
    yield tmp_path / "redis"


def incr(folder: Path) -> Path:
    """The file that Redis was writing."""
    (found,) = (folder / "appendonlydir").glob("*.incr.aof")
    return found


async def stored(server: RedisServer) -> dict[str, bytes]:
    """The images that are there, each whole and with a life, and told of in the stream."""
    async with opened(Redis(url=server.url)) as client:
        found = {}
        async for key in client.scan_iter(match=f"{keys.IMAGE_PREFIX}*"):
            assert await client.ttl(key) > 0, f"{key} would never expire"
            found[key.decode().removeprefix(keys.IMAGE_PREFIX)] = await client.hget(
                key, "image_data"
            )
        told = [fields[b"id"].decode() for _, fields in await client.xrange(keys.IMAGES_STREAM)]
    assert sorted(told) == sorted(found)
    return found


async def started(folder: Path) -> dict[str, bytes]:
    """What a Redis on these files has."""
    async with RedisServer(folder, password=PASSWORD) as server:
        return await stored(server)


def test_a_whole_file_has_no_damage(folder: Path) -> None:
    assert damage(incr(folder)) == []
    assert mend(folder) == []


async def test_zeros_at_the_end_are_cut_and_kept(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with incr(folder).open("ab") as file:
        file.write(bytes(4096))

    found = await started(folder)

    assert len(found) == IMAGES
    (copy,) = (folder / mending.KEPT).iterdir()
    assert copy.read_bytes() == bytes(4096)
    assert "4,096 damaged bytes were cut out" in capsys.readouterr().out


@pytest.mark.parametrize("zeros", [1, 100, 4096, 20_000])
async def test_zeros_in_place_of_the_last_writes_cost_these_only(folder: Path, zeros: int) -> None:
    whole = incr(folder).read_bytes()
    incr(folder).write_bytes(whole[:-zeros] + bytes(zeros))

    found = await started(folder)

    lost = zeros // len(jpeg(10)) + 2
    assert IMAGES - lost <= len(found) <= IMAGES
    assert all(data == jpeg(int(each.partition(":")[2])) for each, data in found.items())


async def test_what_came_whole_after_the_damage_is_kept(folder: Path) -> None:
    whole = incr(folder).read_bytes()
    at = whole.index(b"garden:%d\r\n" % (IMAGES - 3))
    at = whole.rindex(b"*1\r\n$5\r\nMULTI", 0, at)
    incr(folder).write_bytes(whole[: at + 60] + bytes(64) + whole[at + 124 :])

    found = await started(folder)

    assert f"garden:{IMAGES - 3}" not in found
    assert len(found) == IMAGES - 1


@pytest.fixture
def full(folder: Path, tmp_path: Path) -> Iterator[SmallDisk]:
    """The files of a Redis on a disk with some room left; fill it when they are damaged."""
    with small_disk(tmp_path / "disk", 4) as disk:
        shutil.copytree(folder, disk.folder / "redis")
        yield disk


def test_a_full_disk_has_room_for_what_was_cut_off(full: SmallDisk) -> None:
    folder = full.folder / "redis"
    whole = incr(folder).read_bytes()
    incr(folder).write_bytes(whole + bytes(8192))
    full.fill()

    (done,) = mend(folder)

    assert incr(folder).read_bytes() == whole
    assert done.copy is None or done.copy.read_bytes() == bytes(8192)
    assert str(done).count("kept") == 1


def test_commands_after_the_damage_move_up_where_a_full_disk_has_no_room_for_a_second_file(
    full: SmallDisk,
) -> None:
    folder = full.folder / "redis"
    whole = incr(folder).read_bytes()
    before, after = whole[:-30_000].rindex(MULTI), whole[:-10_000].rindex(MULTI)
    incr(folder).write_bytes(whole[:before] + bytes(after - before) + whole[after:])
    full.fill()

    mend(folder)

    assert incr(folder).read_bytes() == whole[:before] + whole[after:]
    assert sorted(file.suffix for file in (folder / "appendonlydir").iterdir()) == [
        ".aof", ".manifest", ".rdb"
    ]  # no half of a file stays  # fmt: skip


async def test_files_that_cannot_be_mended_are_told_in_a_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with incr(folder).open("ab") as file:
        file.write(bytes(4096))
    monkeypatch.setattr(cutting, "_keep", _broken)

    with pytest.raises(NotStarted, match=r"could not be mended: .*Input/output error"):
        await RedisServer(folder, password=PASSWORD).start()


def _broken(*_: object) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_every_byte_of_the_end_can_be_damaged(folder: Path) -> None:
    """What is left when the damage is cut is whole, and nothing that was whole is cut with it."""
    whole = incr(folder).read_bytes()[-2 * LAST :]
    whole = whole[whole.index(MULTI) :]
    transactions = _transactions(whole)
    for at in range(len(whole) - LAST, len(whole)):
        torn = bytearray(whole)
        torn[at] ^= 0xFF
        cut = list(damage_in(bytes(torn)))
        left = _without(bytes(torn), cut)
        assert not list(damage_in(left)), f"byte {at}"
        for transaction in transactions:
            assert transaction in left or at in _place(whole, transaction), f"byte {at}: {cut}"


@pytest.mark.parametrize("back", [1, 2, 9, 300, 1111, 2500, 3900, 4095])
async def test_a_server_starts_on_what_was_mended(folder: Path, back: int) -> None:
    file = incr(folder)
    torn = bytearray(file.read_bytes())
    torn[-back] ^= 0xFF
    file.write_bytes(torn)

    assert len(await started(folder)) >= IMAGES - 3


def test_two_seconds_of_pictures_that_were_not_synced_are_a_power_cut(folder: Path) -> None:
    size = incr(folder).stat().st_size
    with incr(folder).open("ab") as file:
        file.truncate(size + (30 << 20))

    (done,) = mend(folder)

    assert (done.bytes, incr(folder).stat().st_size) == (30 << 20, size)


async def test_damage_in_the_middle_stops_with_the_lines_that_get_one_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mending, "END_BYTES", 10_000)
    file = incr(folder)
    whole = file.read_bytes()
    at = whole.index(b"garden:5\r\n")
    file.write_bytes(whole[:at] + bytes(2000) + whole[at + 2000 :])
    torn = file.read_bytes()

    with pytest.raises(NotStarted, match="damaged in the middle") as told:
        await started(folder)

    assert file.read_bytes() == torn
    assert f"--middle {folder}" in str(told.value)
    with pytest.raises(DamagedInTheMiddle):
        mend(folder)
    mend(folder, middle=True)
    assert len(await started(folder)) >= IMAGES - 3


def test_the_command_says_how_it_is_used(
    monkeypatch: pytest.MonkeyPatch, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["mending"])
    with pytest.raises(SystemExit, match="usage: "):
        mending.main()
    with incr(folder).open("ab") as file:
        file.write(b"\0")
    monkeypatch.setattr("sys.argv", ["mending", str(folder)])
    with pytest.raises(SystemExit) as ended:
        mending.main()
    assert ended.value.code == 0
    assert "1 damaged bytes" in capsys.readouterr().err


async def test_a_redis_that_reads_its_file_for_long_is_waited_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "ANSWER_SECONDS", 0.3)
    server = RedisServer(folder, password=PASSWORD)
    server.configure("key-load-delay 7000", "loading-process-events-interval-bytes 1024")
    async with server:  # some 300 commands, 7 ms each
        assert len(await stored(server)) == IMAGES


def test_only_writes_of_redis_are_taken_for_commands(folder: Path) -> None:
    file = incr(folder)
    os.truncate(file, 0)
    file.write_bytes(b"*2\r\n$3\r\nDEL\r\n$1\r\na\r\n*2\r\n$3\r\nDEM\r\n$1\r\na\r\n")
    (stretch,) = damage(file)
    assert (stretch.start, stretch.size) == (20, 20)


def _transactions(whole: bytes) -> list[bytes]:
    found = []
    at = whole.find(MULTI)
    while at >= 0:
        end = whole.index(b"EXEC\r\n", at) + 6
        found.append(whole[at:end])
        at = whole.find(MULTI, end)
    return found


def _place(whole: bytes, part: bytes) -> range:
    start = whole.index(part)
    return range(start, start + len(part))


def _without(whole: bytes, stretches: list[Stretch]) -> bytes:
    at, left = 0, b""
    for each in stretches:
        left, at = left + whole[at : each.start], each.end
    return left + whole[at:]
