"""The JPEGs of a folder, in the order of their names, over and over: the bytes go out untouched."""

import asyncio
import time
from pathlib import Path

import structlog

from lookout.host.redaction import fit_to_say
from services.camera.settings import Camera
from services.camera.sources.jpeg import MAX_BYTES, jpeg_size, trimmed
from services.camera.sources.source import Picture, SourceError

SUFFIXES = {".jpg", ".jpeg"}

log = structlog.get_logger()


class Folder:
    """Gives one file for each capture and looks for new ones whenever it reaches the end."""

    model = "folder"

    def __init__(self, settings: Camera) -> None:
        self._path = settings.path or Path()
        self._waiting: list[Path] = []  # in reverse, so that the next one is the last
        self._refused: set[Path] = set()  # already told in the log
        self._resolution: tuple[int, int] | None = None

    @property
    def resolution(self) -> tuple[int, int] | None:
        return self._resolution

    def does(self, settings: Camera) -> frozenset[str]:
        return frozenset()

    async def open(self) -> None:
        self._waiting = await asyncio.to_thread(self._scan)

    async def capture(self, quality: int) -> Picture:
        """The next usable file; `quality` is not used, as nothing is encoded again."""
        picture = await asyncio.to_thread(self._next)
        self._resolution = picture.width, picture.height
        return picture

    async def adjust(self, settings: Camera) -> None:
        """Nothing of it concerns a folder: its bytes are used as they are."""

    async def close(self) -> None:
        self._waiting = []

    def _next(self) -> Picture:
        for scan in (False, True):  # what is left of the last scan, then one new scan
            if scan:
                self._waiting = self._scan()
            while self._waiting:
                if picture := self._read(self._waiting.pop()):
                    return picture
        raise SourceError(
            f"None of the .jpg and .jpeg files in {self._path} can be used: the log says why."
        )

    def _scan(self) -> list[Path]:
        try:
            files = [path for path in self._path.iterdir() if path.suffix.lower() in SUFFIXES]
        except OSError as error:
            raise SourceError(
                f"The folder {self._path} cannot be read ({error.strerror}). Check camera.path."
            ) from error
        if not files:
            raise SourceError(
                f"The folder {self._path} holds no .jpg or .jpeg file. Put some there or change "
                "camera.path."
            )
        self._refused.intersection_update(files)
        return sorted(files, key=lambda path: path.name, reverse=True)

    def _read(self, path: Path) -> Picture | None:
        """The file as a picture taken now: when it was really taken says nothing about this run."""
        try:
            jpeg = trimmed(_read_jpeg(path))
            width, height = jpeg_size(jpeg)
        except (OSError, ValueError) as error:
            if path not in self._refused:
                self._refused.add(path)
                log.warning(
                    "A file in the folder is skipped", file=fit_to_say(str(path)), reason=str(error)
                )
            return None
        self._refused.discard(path)
        return Picture(jpeg, time.time(), width, height, meta={"file": fit_to_say(path.name)})


def _read_jpeg(path: Path) -> bytes:
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ValueError(f"{size} bytes are more than {MAX_BYTES}")
    if not path.is_file():  # a pipe would block for ever
        raise ValueError("not a file")
    return path.read_bytes()
