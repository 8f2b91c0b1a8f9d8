"""One capture as a file: a line of JSON (the MQTT user properties), then the bare JPEG.

Written beside its place, renamed and synced, once: an SD card lives by how little is written to it.
The sync takes the name along, as it commits the journal in which the renaming is (ext4, xfs, btrfs,
f2fs). A power cut before it may leave a part of the file under its name, which its checksum tells.
"""

import json
import os
import zlib
from pathlib import Path
from typing import Final

from lookout.contract.errors import BadMessage
from lookout.contract.images import ImageMeta
from lookout.contract.plain import json_object

SUFFIX: Final = ".capture"
_TEMPORARY: Final = ".writing"
_DAMAGED: Final = ".damaged"
_LONGEST_LINE: Final = 70_000  # bytes of properties; MQTT allows 65,535 for each
_CHECKSUM: Final = "crc32"  # of the JPEG, beside the properties


def path_of(folder: Path, milliseconds: int) -> Path:
    """Where a capture lies; names sort by time."""
    return folder / f"{milliseconds:015d}{SUFFIX}"


def write(path: Path, meta: ImageMeta, jpeg: bytes) -> int:
    """Write one capture and return its size on disk in bytes. Raises OSError."""
    words = meta.to_properties() | {_CHECKSUM: _checksum(jpeg)}
    line = json.dumps(words, separators=(",", ":")).encode() + b"\n"
    temporary = path.with_suffix(_TEMPORARY)
    try:
        with temporary.open("wb") as file:
            file.write(line)
            file.write(jpeg)
            file.flush()
            temporary.replace(path)
            os.fsync(file.fileno())
    except OSError:
        temporary.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        raise
    return len(line) + len(jpeg)


def read(path: Path) -> tuple[ImageMeta, bytes]:
    """Read one capture. Raises OSError, or BadMessage when the file is damaged."""
    with path.open("rb") as file:
        line = file.readline(_LONGEST_LINE)
        jpeg = file.read()
    try:
        words = json_object(line, what="first line")
        if words.pop(_CHECKSUM, None) not in {None, _checksum(jpeg)}:  # None: an older Lookout's
            raise BadMessage("its picture is not as it was written, as after a power cut")
        return ImageMeta.from_properties(words), jpeg
    except BadMessage as error:
        raise BadMessage(f"{path.name} is damaged: {error}") from None


def found(folder: Path) -> dict[int, int]:
    """Milliseconds -> size in bytes of the captures in a folder, oldest first.

    What a power cut left half-written is removed. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for temporary in folder.glob(f"*{_TEMPORARY}"):
        temporary.unlink(missing_ok=True)
    names = sorted(path for path in folder.glob(f"*{SUFFIX}") if path.stem.isdecimal())
    return {int(path.stem): path.stat().st_size for path in names}


def set_aside(path: Path) -> None:
    """Keep a damaged file for a person to look at, out of the way."""
    path.rename(path.with_suffix(_DAMAGED))


def _checksum(jpeg: bytes) -> str:
    return f"{zlib.crc32(jpeg):08x}"
