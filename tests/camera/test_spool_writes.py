"""What the spool writes: little, whole or told, and in memory for as long as was allowed."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from lookout.contract.errors import BadMessage
from lookout.contract.images import ImageMeta
from lookout.host.settings import Broker
from lookout.host.tasks import cancel
from services.camera.outbox import refused, spoolfile
from services.camera.outbox import spool as spool_module
from services.camera.outbox.spool import Spool
from tests.support.hub import Hub
from tests.support.nodes import RecordingSource, node_settings, running_node
from tests.support.waiting import eventually

JPEG = bytes(range(256)) * 16
META = ImageMeta(id="garden:5", lux=5.0)


def make(folder: Path, write_after: float = 0.0) -> Spool:
    return Spool(
        folder,
        max_bytes=1 << 30,
        max_files=100,
        dropped=lambda count, reason: None,
        write_after=write_after,
    )


@asynccontextmanager
async def running(spool: Spool) -> AsyncIterator[None]:
    task = asyncio.create_task(spool.run(), name="spool")
    try:
        yield
    finally:
        await cancel(task)


def files(folder: Path) -> list[int]:
    return sorted(int(path.stem) for path in folder.glob(f"*{spoolfile.SUFFIX}"))


async def test_a_capture_costs_one_sync_and_one_write_of_each_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    real = os.fsync
    spool = make(tmp_path)
    await spool.load()

    def counted(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_size)
        assert files(tmp_path) == [5], "its name is there to be synced with it"
        real(descriptor)

    monkeypatch.setattr(os, "fsync", counted)
    await spool.add(5, META, JPEG)
    await spool.remove([5])
    monkeypatch.undo()
    assert synced == [spoolfile.write(tmp_path / "another", META, JPEG)]


@pytest.mark.parametrize("rest", ["nothing", "zeros", "another"])
@pytest.mark.parametrize("kept", [0, 1, 40, 500, 4000])
def test_what_a_power_cut_left_of_a_file_is_never_a_picture(
    tmp_path: Path, kept: int, rest: str
) -> None:
    path = spoolfile.path_of(tmp_path, 5)
    spoolfile.write(path, META, JPEG)
    whole = path.read_bytes()
    lost = len(whole) - kept
    path.write_bytes(whole[:kept] + {"nothing": b"", "zeros": bytes(lost)}.get(rest, b"?" * lost))
    with pytest.raises(BadMessage, match="is damaged"):
        spoolfile.read(path)


def test_a_file_of_an_older_lookout_is_read(tmp_path: Path) -> None:
    path = spoolfile.path_of(tmp_path, 5)
    path.write_bytes(b'{"id":"garden:5","lux":"5.0"}\n' + JPEG)
    assert spoolfile.read(path) == (META, JPEG)


async def test_what_is_confirmed_in_time_is_never_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(*_: object) -> int:
        raise AssertionError

    monkeypatch.setattr(spoolfile, "write", written)
    spool = make(tmp_path, write_after=60)
    await spool.add(5, META, JPEG)
    (entry,) = spool.entries()
    assert await spool.read(entry) == (META, JPEG)
    await spool.remove([5])
    await spool.write_all()
    assert (len(spool), spool.total_bytes) == (0, 0)


async def test_what_is_not_confirmed_in_time_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_module, "LOOK_SECONDS", 0.01)
    spool = make(tmp_path, write_after=0.02)
    await spool.load()
    async with running(spool):
        await spool.add(5, META, JPEG)
        assert files(tmp_path) == []
        await eventually(lambda: files(tmp_path) == [5])
        (entry,) = spool.entries()
        await eventually(lambda: entry.memory is None)
    assert spool.total_bytes == spoolfile.path_of(tmp_path, 5).stat().st_size
    assert await spool.read(entry) == (META, JPEG)
    await spool.remove([5])
    assert (files(tmp_path), spool.total_bytes) == ([], 0)


async def test_what_is_confirmed_while_it_is_written_does_not_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool, real = make(tmp_path, write_after=60), spoolfile.write
    await spool.load()
    loop = asyncio.get_running_loop()

    def meanwhile(path: Path, meta: ImageMeta, jpeg: bytes) -> int:
        size = real(path, meta, jpeg)
        asyncio.run_coroutine_threadsafe(spool.remove([5]), loop).result(10)
        return size

    monkeypatch.setattr(spoolfile, "write", meanwhile)
    await spool.add(5, META, JPEG)
    await spool.write_all()
    assert (files(tmp_path), len(spool), spool.total_bytes) == ([], 0, 0)


async def test_a_capture_is_written_though_the_node_is_stopped_before_a_thread_is_free(
    tmp_path: Path,
) -> None:
    spool, free = make(tmp_path), threading.Event()
    await spool.load()
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(1))
    busy = loop.run_in_executor(None, free.wait)
    adding = asyncio.create_task(spool.add(5, META, JPEG), name="add")
    await asyncio.sleep(0)
    await cancel(adding)
    free.set()
    await busy
    await eventually(lambda: files(tmp_path) == [5])


async def test_memory_is_bounded_and_what_does_not_fit_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_module, "MOST_UNWRITTEN_BYTES", 2 * len(JPEG))
    spool = make(tmp_path, write_after=60)
    await spool.load()
    for milliseconds in (1, 2, 3, 4):
        await spool.add(milliseconds, META, JPEG)
    assert files(tmp_path) == [3, 4]


async def test_what_the_hub_refuses_is_set_aside_from_memory_too(tmp_path: Path) -> None:
    spool = make(tmp_path, write_after=60)
    await spool.load()
    await spool.add(5, META, JPEG)
    await spool.refuse(5, "no picture")
    assert [each["reason"] for each in refused.look(tmp_path)] == ["no picture"]
    assert (files(tmp_path), spool.total_bytes) == ([], 0)


async def test_a_node_that_ends_writes_what_waits_in_memory(
    mqtt_settings: Callable[[str], Broker], data: Path, hub: Hub
) -> None:
    settings = node_settings(
        mqtt_settings("garden"),
        data,
        capture={"interval": 0},
        spool={"write_after": 600},
    )
    async with running_node(settings, RecordingSource()):
        await hub.first("info")  # it listens now
        result = await hub.call("capture")
        assert result.ok, result.error
        assert files(settings.spool_path) == []
    assert [f"garden:{each}" for each in files(settings.spool_path)] == result.data["images"]
