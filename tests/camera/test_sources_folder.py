"""The folder source: its bytes untouched, in order, round and round, past whatever is broken."""

import io
import os
import time
from pathlib import Path

import pytest
from PIL import Image
from structlog.testing import capture_logs

from services.camera.settings import Camera
from services.camera.sources import Source, SourceError, make_source
from services.camera.sources import folder as folder_module


def jpeg(colour: str, size: tuple[int, int] = (64, 48)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG", exif=_taken_long_ago())
    return out.getvalue()


def _taken_long_ago() -> Image.Exif:
    exif = Image.Exif()
    exif[0x9003] = "2001:01:01 00:00:00"  # DateTimeOriginal
    return exif


def source(path: Path) -> Source:
    return make_source(Camera(source="folder", path=path))


async def names(folder: Source, count: int) -> list[object]:
    return [(await folder.capture(50)).meta["file"] for _ in range(count)]


async def test_files_come_in_the_order_of_their_names_and_again(tmp_path: Path) -> None:
    for name in ("b.jpg", "c.JPEG", "a.jpg"):
        (tmp_path / name).write_bytes(jpeg("red"))
    (tmp_path / "notes.txt").write_text("not a picture")
    folder = source(tmp_path)
    await folder.open()
    assert await names(folder, 5) == ["a.jpg", "b.jpg", "c.JPEG", "a.jpg", "b.jpg"]


async def test_the_bytes_are_untouched_and_the_time_is_now(tmp_path: Path) -> None:
    data = jpeg("blue", (80, 60))
    (tmp_path / "a.jpg").write_bytes(data)
    folder = source(tmp_path)
    await folder.open()
    before = time.time()
    picture = await folder.capture(1)
    assert picture.jpeg == data
    assert (picture.width, picture.height) == (80, 60) == folder.resolution
    assert before <= picture.timestamp <= time.time()


async def test_a_new_file_is_found_when_the_end_is_reached(tmp_path: Path) -> None:
    (tmp_path / "b.jpg").write_bytes(jpeg("red"))
    folder = source(tmp_path)
    await folder.open()
    (tmp_path / "a.jpg").write_bytes(jpeg("red"))
    assert await names(folder, 3) == ["b.jpg", "a.jpg", "b.jpg"]


async def test_broken_files_are_skipped_with_one_log_line_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = jpeg("green", (640, 480))
    monkeypatch.setattr(folder_module, "MAX_BYTES", 100_000)
    (tmp_path / "a-truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "b-empty.jpg").write_bytes(b"")
    (tmp_path / "c-text.jpg").write_text("hello")
    (tmp_path / "d-large.jpg").write_bytes(whole + bytes(100_000))
    (tmp_path / "e-folder.jpg").mkdir()
    os.mkfifo(tmp_path / "f-pipe.jpg")
    (tmp_path / "g-gone.jpg").symlink_to(tmp_path / "nowhere")
    Image.new("RGB", (8, 8)).save(tmp_path / "h-png.jpg", "PNG")
    (tmp_path / "z-good.jpg").write_bytes(whole)
    folder = source(tmp_path)
    await folder.open()
    with capture_logs() as logs:
        assert await names(folder, 3) == ["z-good.jpg"] * 3
    skipped = [Path(line["file"]).name[0] for line in logs]
    assert skipped == list("abcdefgh")


async def test_a_file_that_was_still_being_written_is_used_later(tmp_path: Path) -> None:
    whole = jpeg("green", (640, 480))
    (tmp_path / "a.jpg").write_bytes(whole[:500])
    (tmp_path / "b.jpg").write_bytes(whole)
    folder = source(tmp_path)
    await folder.open()
    assert await names(folder, 1) == ["b.jpg"]
    (tmp_path / "a.jpg").write_bytes(whole)
    assert await names(folder, 1) == ["a.jpg"]


async def test_a_bomb_is_skipped(tmp_path: Path) -> None:
    data = bytearray(jpeg("red"))
    at = data.index(b"\xff\xc0") + 5  # the height and width in the frame header
    data[at : at + 4] = b"\xff\xff\xff\xff"
    (tmp_path / "bomb.jpg").write_bytes(data)
    folder = source(tmp_path)
    await folder.open()
    with pytest.raises(SourceError, match="None of the"):
        await folder.capture(80)


@pytest.mark.parametrize("there", [True, False])
async def test_an_empty_or_missing_folder_is_told(tmp_path: Path, there: bool) -> None:
    path = tmp_path / "pictures"
    if there:
        path.mkdir()
    with pytest.raises(SourceError, match=r"camera\.path") as error:
        await source(path).open()
    assert str(path) in str(error.value)


async def test_it_can_be_closed_and_opened_again(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg("red"))
    folder = source(tmp_path)
    await folder.open()
    await folder.close()
    await folder.close()
    await folder.open()
    assert await names(folder, 1) == ["a.jpg"]
