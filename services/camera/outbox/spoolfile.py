"""One capture as a file: a line of JSON (the MQTT user properties), then the bare JPEG.

Written beside its place, synced and renamed, so that a power cut leaves a whole file or none.
"""

import json
import os
from pathlib import Path
from typing import Final

from lookout.contract.errors import BadMessage
from lookout.contract.images import ImageMeta
from lookout.contract.plain import json_object
from lookout.host.files import sync_folder

SUFFIX: Final = ".capture"
_TEMPORARY: Final = ".writing"
_DAMAGED: Final = ".damaged"
_LONGEST_LINE: Final = 70_000  # bytes of properties; MQTT allows 65,535 for each


def path_of(folder: Path, milliseconds: int) -> Path:
    """Where a capture lies; names sort by time."""
    return folder / f"{milliseconds:015d}{SUFFIX}"


def write(path: Path, meta: ImageMeta, jpeg: bytes) -> int:
    """Write one capture and return its size on disk in bytes. Raises OSError."""
    line = json.dumps(meta.to_properties(), separators=(",", ":")).encode() + b"\n"
    temporary = path.with_suffix(_TEMPORARY)
    try:
        with temporary.open("wb") as file:
            file.write(line)
            file.write(jpeg)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return len(line) + len(jpeg)


def read(path: Path) -> tuple[ImageMeta, bytes]:
    """Read one capture. Raises OSError, or BadMessage when the file is damaged."""
    with path.open("rb") as file:
        line = file.readline(_LONGEST_LINE)
        jpeg = file.read()
    try:
        return ImageMeta.from_properties(json_object(line, what="first line")), jpeg
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
