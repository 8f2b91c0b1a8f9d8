"""Lets a Redis start again after a power cut damaged its append-only file.

    python -m lookout.embedded.mending FOLDER

A memory card that loses power leaves more than a file that ends too early, which Redis repairs
itself: zeros or old bytes where the last writes should be. What is damaged within the last
megabytes is cut out, and a copy of it kept beside. Damage before that is no power cut: a person
decides.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from lookout.embedded.appendonly import Stretch, damage
from lookout.embedded.cutting import cut_out
from lookout.errors import LookoutError

# What a power cut may reach: the writes of the two seconds that Redis waits for a sync at most
# (`appendfsync everysec`, Redis' documentation on persistence), at 32 MB a second.
END_BYTES: Final = 64 << 20
KEPT: Final = "damaged"  # folder of the copies, beside Redis' own files
_FOLDER, _SINGLE = "appendonlydir", "appendonly.aof"
_MIDDLE: Final = """\
Redis' append-only file is damaged in the middle: {file}, bytes {first:,} to {last:,} of {size:,}.
A power cut damages only its end, so look after the disk. Nothing has been changed.
To start without these bytes, with a copy of all as it is:
    cp -a {folder} {folder}.before
    {command} --middle {folder}
    and start Redis again\
"""


class DamagedInTheMiddle(LookoutError):
    """A person must decide; the message says what to type."""


@dataclass(frozen=True, slots=True)
class Mended:
    """What was cut out of which file, and where it is kept."""

    file: Path
    bytes: int
    copy: Path | None  # None: the disk was full

    def __str__(self) -> str:
        kept = f"are kept in {self.copy}" if self.copy else "could not be kept: the disk is full"
        return (
            f"{self.bytes:,} damaged bytes were cut out of {self.file.name}, as a power cut leaves "
            f"them; they {kept}. What the nodes had not been told is stored comes again from their "
            "spools."
        )


def mend(folder: Path, *, middle: bool = False) -> list[Mended]:
    """Cut out what is damaged in the append-only files of Redis' `folder`; what has been done.

    While nothing runs on it. Raises OSError; DamagedInTheMiddle unless `middle` allows that too.
    """
    found = [(file, stretches) for file in _files(folder) if (stretches := damage(file))]
    last = _files(folder)[-1:]
    for file, stretches in found:
        if not middle and ([file] != last or stretches[0].start < _size(file) - END_BYTES):
            raise DamagedInTheMiddle(_advice(folder, file, stretches))
    return [_mended(file, stretches, folder / KEPT) for file, stretches in found]


def _mended(file: Path, stretches: Sequence[Stretch], kept: Path) -> Mended:
    copy = cut_out(file, stretches, kept, most=END_BYTES)
    return Mended(file, sum(each.size for each in stretches), copy)


def _files(folder: Path) -> list[Path]:
    """The files of commands in the order in which Redis reads them."""
    manifests = sorted((folder / _FOLDER).glob("*.manifest"))
    if not manifests:
        return [path for path in [folder / _SINGLE] if path.exists()]
    words = [line.split() for line in manifests[0].read_text(errors="replace").splitlines()]
    named = [folder / _FOLDER / each[1] for each in words if each[:1] == ["file"] and len(each) > 1]
    return [path for path in named if path.suffix == ".aof" and path.exists()]


def _size(file: Path) -> int:
    return file.stat().st_size


def _advice(folder: Path, file: Path, stretches: Sequence[Stretch]) -> str:
    return _MIDDLE.format(
        file=file,
        first=stretches[0].start,
        last=stretches[-1].end,
        size=_size(file),
        folder=folder,
        command=f"{sys.executable} -m lookout.embedded.mending",
    )


def main() -> NoReturn:
    """Entry point: exits 0 when Redis can start, 1 when a person must decide."""
    words = sys.argv[1:]
    folders = [Path(word) for word in words if not word.startswith("-")]
    if len(folders) != 1:
        sys.exit(f"usage: {sys.executable} -m lookout.embedded.mending [--middle] FOLDER")
    try:
        done = mend(folders[0], middle="--middle" in words)
    except (DamagedInTheMiddle, OSError) as error:
        sys.exit(str(error))
    for each in done:
        sys.stderr.write(f"{each}\n")
    sys.exit(0)


if __name__ == "__main__":
    main()
