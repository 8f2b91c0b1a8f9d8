"""The spool: whole files or none, bounded, oldest dropped first and counted."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from lookout.contract.images import ImageMeta
from services.camera.outbox import spoolfile
from services.camera.outbox.droppolicy import to_drop
from services.camera.outbox.spool import MOST_IN_MEMORY, Spool

JPEG = b"\xff\xd8 some picture \xff\xd9"


class Losses:
    """Remembers what the spool said it lost."""

    def __init__(self) -> None:
        self.told: list[tuple[int, str]] = []

    def __call__(self, count: int, reason: str) -> None:
        self.told.append((count, reason))

    @property
    def count(self) -> int:
        return sum(count for count, _ in self.told)


@pytest.fixture
def losses() -> Losses:
    return Losses()


async def make(
    folder: Path, losses: Losses, *, max_bytes: int = 1 << 20, max_files: int = 100, **policy: Any
) -> Spool:
    spool = Spool(folder, max_bytes=max_bytes, max_files=max_files, dropped=losses, **policy)
    await spool.load()
    return spool


def meta(milliseconds: int) -> ImageMeta:
    return ImageMeta(id=f"garden:{milliseconds}", lux=5.0, meta={"gain": 1.5})


async def test_what_was_added_is_there_after_a_restart(tmp_path: Path, losses: Losses) -> None:
    first = await make(tmp_path, losses)
    for milliseconds in (30, 10, 20):
        await first.add(milliseconds, meta(milliseconds), JPEG)
    second = await make(tmp_path, losses)
    assert [entry.milliseconds for entry in second.entries()] == [10, 20, 30]
    for entry in second.entries():
        assert await second.read(entry) == (meta(entry.milliseconds), JPEG)
    assert (second.newest, losses.told) == (30, [])


async def test_what_is_confirmed_leaves_the_disk(tmp_path: Path, losses: Losses) -> None:
    spool = await make(tmp_path, losses)
    await spool.add(10, meta(10), JPEG)
    await spool.remove([10, 10, 99])
    assert (len(spool), spool.total_bytes, list(tmp_path.glob("*.capture"))) == (0, 0, [])


async def test_a_full_spool_drops_the_oldest_and_counts(tmp_path: Path, losses: Losses) -> None:
    spool = await make(tmp_path, losses, max_files=3)
    for milliseconds in range(1, 6):
        await spool.add(milliseconds, meta(milliseconds), JPEG)
    assert [entry.milliseconds for entry in spool.entries()] == [3, 4, 5]
    assert sorted(spoolfile.found(tmp_path)) == [3, 4, 5]
    assert (losses.count, spool.lost) == (2, 2)


@pytest.mark.parametrize(
    ("policy", "kept"),
    [
        ("oldest", [5, 6, 7, 8]),
        ("newest", [1, 2, 3, 4]),
        ("thin", [1, 5, 7, 8]),  # at 5: 1 3, at 7: 1 5, and then those that came since
    ],
)
async def test_what_a_full_spool_drops_is_a_setting(
    tmp_path: Path, losses: Losses, policy: str, kept: list[int]
) -> None:
    spool = await make(tmp_path, losses, max_files=4, policy=policy)
    for milliseconds in range(1, 9):
        await spool.add(milliseconds, meta(milliseconds), JPEG)
    assert [entry.milliseconds for entry in spool.entries()] == kept
    assert sorted(spoolfile.found(tmp_path)) == kept
    assert (losses.count, spool.lost) == (4, 4)


def test_thinning_covers_a_long_outage_to_its_end() -> None:
    gone = to_drop("thin", [10] * 8, excess=1, surplus=0)
    assert gone == [1, 3, 5, 7]
    assert to_drop("thin", [10] * 8, excess=55, surplus=0) == [1, 2, 3, 5, 6, 7]
    assert to_drop("thin", [10], excess=100, surplus=0) == [0]
    assert to_drop("oldest", [10, 20, 30], excess=25, surplus=1) == [0, 1]


async def test_the_limit_in_bytes_holds_too(tmp_path: Path, losses: Losses) -> None:
    spool = await make(tmp_path, losses, max_bytes=10_000)
    for milliseconds in range(1, 11):
        await spool.add(milliseconds, meta(milliseconds), b"x" * 3_000)
    assert spool.total_bytes <= 10_000
    assert next(iter(spool.entries())).milliseconds == 8
    assert losses.count == 7


async def test_a_half_written_file_of_a_power_cut_is_removed(
    tmp_path: Path, losses: Losses
) -> None:
    (tmp_path / "000000000000005.writing").write_bytes(b"half")
    spool = await make(tmp_path, losses)
    assert (len(spool), list(tmp_path.iterdir())) == (0, [])


async def test_a_damaged_file_is_set_aside_and_told(tmp_path: Path, losses: Losses) -> None:
    spoolfile.path_of(tmp_path, 5).write_bytes(b"\0\0\0 not what we wrote")
    spool = await make(tmp_path, losses)
    assert await spool.read(next(iter(spool.entries()))) is None
    assert (len(spool), losses.count) == (0, 1)
    assert [path.suffix for path in tmp_path.iterdir()] == [".damaged"]


async def test_what_is_confirmed_while_it_is_read_is_not_told_as_lost(
    tmp_path: Path, losses: Losses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node that starts reads what it sent before, and the receipt for that comes meanwhile."""
    spool = await make(tmp_path, losses)
    await spool.add(5, meta(5), JPEG)
    read = spoolfile.read
    loop = asyncio.get_running_loop()

    def confirmed_first(path: Path) -> tuple[ImageMeta, bytes]:
        asyncio.run_coroutine_threadsafe(spool.remove([5]), loop).result(10)
        return read(path)

    monkeypatch.setattr(spoolfile, "read", confirmed_first)
    assert await spool.read(next(iter(spool.entries()))) is None
    assert (len(spool), losses.told) == (0, [])


async def test_a_file_that_somebody_took_away_is_told(tmp_path: Path, losses: Losses) -> None:
    spool = await make(tmp_path, losses)
    await spool.add(5, meta(5), JPEG)
    spoolfile.path_of(tmp_path, 5).unlink()
    assert await spool.read(next(iter(spool.entries()))) is None
    assert (len(spool), losses.told) == (0, [(1, "its file is gone")])


async def test_a_disk_that_takes_nothing_leaves_memory_bounded(
    tmp_path: Path, losses: Losses, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    spool = await make(tmp_path, losses)
    monkeypatch.setattr(spoolfile, "write", full)
    for milliseconds in range(1, MOST_IN_MEMORY + 4):
        await spool.add(milliseconds, meta(milliseconds), JPEG)
    assert len(spool) == MOST_IN_MEMORY
    assert losses.count == 3
    newest = list(spool.entries())[-1]
    assert await spool.read(newest) == (meta(newest.milliseconds), JPEG)
    await spool.remove([entry.milliseconds for entry in spool.entries()])
    assert len(spool) == 0


async def test_a_folder_that_cannot_be_made_is_told_and_captures_stay_in_memory(
    tmp_path: Path, losses: Losses
) -> None:
    (tmp_path / "file").write_bytes(b"")
    spool = await make(tmp_path / "file" / "spool", losses)
    await spool.add(5, meta(5), JPEG)
    assert await spool.read(next(iter(spool.entries()))) == (meta(5), JPEG)
