"""Is what --source names something that a camera can play?"""

from pathlib import Path
from typing import Final

from lookout.errors import LookoutError

SUFFIXES: Final = (".jpg", ".jpeg")


class NoSource(LookoutError):
    """It cannot be played; the message says what can."""


def check(path: Path) -> None:
    """Raises NoSource for a file that is no film, and a folder without pictures."""
    if path.is_dir():
        if not any(each.suffix.lower() in SUFFIXES for each in path.iterdir()):
            raise NoSource(
                f"--source {path}: no .jpg or .jpeg file is in this folder. Name a folder of "
                "JPEGs, or a film."
            )
        return
    import av

    try:
        with av.open(str(path)) as film:
            if not film.streams.video:
                raise NoSource(f"--source {path}: there is no picture in it, only sound.")
    except (av.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NoSource(
            f"--source {path}: this is no film ({reason}). Name a film such as an .mp4, or a "
            "folder of JPEGs."
        ) from None
