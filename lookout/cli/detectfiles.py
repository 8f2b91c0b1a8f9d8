"""The pictures that `lookout detect` looks at: files, or stored ones that a filter line finds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lookout.cli import connection

if TYPE_CHECKING:
    from lookout.store.search import Query

SUFFIXES: Final = {".jpg", ".jpeg"}
GONE: Final = "it has expired meanwhile"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture's bytes under its name; `problem` says why there are none."""

    name: str
    jpeg: bytes
    problem: str = ""

    @property
    def file(self) -> str:
        """A file's name for it."""
        name = Path(self.name).name.replace(":", "-")
        return name if Path(name).suffix.lower() in SUFFIXES else f"{name}.jpg"


def pictures_of(source: Sequence[str], last: int) -> list[Picture]:
    """All files, or the newest stored pictures that there are; what is wrong ends the command."""
    path = Path(source[0])
    if len(source) == 1 and (path.exists() or ":" not in source[0]):
        return [_read(each) for each in _paths(path)]
    from lookout.cli.images import asked

    query, context = asked(source)
    found: list[Picture] = []
    connection.run(_stored(replace(query, limit=last), context, found))
    if not found:
        connection.fail("No picture matches.")
    return found


def _paths(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    if not source.is_dir():
        connection.fail(f"{source} is neither a file, a folder, nor a filter: node:porch.")
    found = sorted(each for each in source.iterdir() if each.suffix.lower() in SUFFIXES)
    if not found:
        connection.fail(f"{source} holds no pictures: files ending in .jpg or .jpeg.")
    return found


def _read(path: Path) -> Picture:
    try:
        return Picture(str(path), path.read_bytes())
    except OSError as error:
        return Picture(str(path), b"", error.strerror or str(error))


async def _stored(query: "Query", context: str | None, found: list[Picture]) -> None:
    from lookout.store import finding
    from lookout.store.images import Images

    async with connection.redis() as client:
        images = Images(client)
        page = await finding.page(images, query, context)
        for row in page.rows:
            jpeg = await images.data(row["id"])
            found.append(Picture(row["id"], jpeg or b"", "" if jpeg else GONE))
