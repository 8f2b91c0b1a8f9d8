"""Cuts stretches out of a file, keeps them, and needs no room on a disk that is full.

A card whose power was cut is often a full one too, and a hub that does not start cannot make room.
"""

import contextlib
import errno
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from lookout.embedded.appendonly import Stretch

_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


def cut_out(file: Path, stretches: Sequence[Stretch], kept: Path, *, most: int) -> Path | None:
    """Take `stretches` out of `file`; the copy of them in the folder `kept`.

    The copy is on the disk before the file is changed, unless the disk is full: then up to `most`
    bytes make room for their own copy, and None says that this did not help. Raises OSError.
    """
    copy = kept / f"{file.name}.{time.time_ns()}"
    if _had_room(lambda: _keep(file, stretches, copy), copy):
        _close_up(file, stretches)
        return copy
    if (size := sum(each.size for each in stretches)) > most:
        raise OSError(errno.ENOSPC, f"No room for a copy of {size:,} bytes", str(copy))
    cut = _read(file, stretches)
    _close_up(file, stretches)
    return copy if _had_room(lambda: _write(copy, cut), copy) else None


def _had_room(write: Callable[[], None], target: Path) -> bool:
    """Whether `write` made all of `target`; nothing is left of what a full disk did not take."""
    try:
        write()
    except OSError as error:
        with contextlib.suppress(OSError):
            target.unlink(missing_ok=True)
        if error.errno not in _FULL:
            raise
        return False
    return True


def _keep(file: Path, stretches: Sequence[Stretch], copy: Path) -> None:
    copy.parent.mkdir(mode=0o700, exist_ok=True)
    with file.open("rb") as source, copy.open("wb") as target:
        for each in stretches:
            source.seek(each.start)
            _move(source, target, each.size)
        _sync(target)


def _read(file: Path, stretches: Sequence[Stretch]) -> bytes:
    with file.open("rb") as source:
        return b"".join(os.pread(source.fileno(), each.size, each.start) for each in stretches)


def _write(copy: Path, content: bytes) -> None:
    copy.parent.mkdir(mode=0o700, exist_ok=True)
    with copy.open("wb") as target:
        target.write(content)
        _sync(target)


def _close_up(file: Path, stretches: Sequence[Stretch]) -> None:
    """Damage that reaches the end is cut off, which takes no room and one step.

    Where whole commands come after it a new file takes the old one's place, also in one step. A
    full disk has no room for it: there they move up within the file.
    """
    new = file.with_name(f"{file.name}.mended")
    if stretches[0].end == file.stat().st_size:
        _move_up(file, stretches)
    elif _had_room(lambda: _write_anew(file, stretches, new), new):
        new.replace(file)
        _sync_folder(file.parent)
    else:
        _move_up(file, stretches)


def _write_anew(file: Path, stretches: Sequence[Stretch], new: Path) -> None:
    with file.open("rb") as source, new.open("wb") as target:
        _move(source, target, stretches[0].start)
        _move_rest(source, target, stretches)
        _sync(target)
    about = file.stat()
    new.chmod(about.st_mode & 0o777)
    if os.geteuid() == 0:
        os.chown(new, about.st_uid, about.st_gid)


def _move_up(file: Path, stretches: Sequence[Stretch]) -> None:
    with file.open("rb") as source, file.open("rb+", buffering=0) as target:
        target.seek(stretches[0].start)
        _move_rest(source, target, stretches)
        target.truncate()
        os.fsync(target.fileno())


def _move_rest(source: BinaryIO, target: BinaryIO, stretches: Sequence[Stretch]) -> None:
    """What is whole after the first of the stretches, piece by piece."""
    size = os.fstat(source.fileno()).st_size
    ends = [*(each.start for each in stretches[1:]), size]
    for each, end in zip(stretches, ends, strict=True):
        source.seek(each.end)
        _move(source, target, end - each.end)


def _move(source: BinaryIO, target: BinaryIO, size: int) -> None:
    while size > 0 and (piece := source.read(min(size, 1 << 20))):
        target.write(piece)
        size -= len(piece)


def _sync(written: BinaryIO) -> None:
    written.flush()
    os.fsync(written.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
