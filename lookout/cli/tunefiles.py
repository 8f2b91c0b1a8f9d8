"""The pictures that `lookout tune` replays, and the masks that it writes."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lookout.cli import connection
from lookout.cli.connection import Trouble
from lookout.contract.errors import BadTopic
from lookout.contract.topics import check_node

if TYPE_CHECKING:
    from lookout.vision.frames import GreyFrame

SUFFIXES: Final = {".jpg", ".jpeg"}
RATE: Final = 5.0  # pictures a second that a folder is taken to hold, as detect.rate


@dataclass(frozen=True, slots=True)
class Stored:
    """One picture: its name, its time in seconds, and what a detector sees of it."""

    name: str
    seconds: float
    frame: "GreyFrame"


async def load(source: str, last: int, size: tuple[int, int]) -> list[Stored]:
    """The newest pictures of a folder or of a node, the oldest first. Raises Trouble."""
    folder = Path(source)
    if folder.is_dir():
        found = _of_folder(folder, last, size)
    else:
        found = await _of_node(source, last, size)
    if len(found) < 2:
        raise Trouble(f"{source} has {len(found)} usable pictures: two at least are needed.")
    return found


def write_mask(folder: Path, name: str, pixels: Any) -> None:
    """Write one mask as a PNG. Raises Trouble."""
    from PIL import Image

    path = folder / f"{Path(name).stem.replace(':', '-')}.mask.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    except OSError as error:
        raise Trouble(f"{path} cannot be written: {error.strerror or error}.") from None


def _of_folder(folder: Path, last: int, size: tuple[int, int]) -> list[Stored]:
    paths = sorted(each for each in folder.iterdir() if each.suffix.lower() in SUFFIXES)[-last:]
    found = []
    for number, path in enumerate(paths):
        frame = _frame(path.read_bytes(), size)
        if frame is not None:
            found.append(Stored(path.name, number / RATE, frame))
    return found


async def _of_node(source: str, last: int, size: tuple[int, int]) -> list[Stored]:
    try:
        node = check_node(source)
    except BadTopic:
        raise Trouble(f"{source} is neither a folder nor a node's name.") from None
    # Here, not above: a Pi that has only the camera's packages can still tune on a folder.
    from lookout.store.images import Images
    from lookout.store.search import Query

    found = []
    async with connection.redis() as client:
        images = Images(client)
        page = await images.page(Query(tags={"node": [node]}, limit=last))
        if not page.rows:
            await connection.check_nodes(client, [node])
        for row in reversed(page.rows):
            frame = _frame(await images.data(row["id"]) or b"", size)
            if frame is not None:
                found.append(Stored(row["id"], float(row["timestamp"]), frame))
    return found


def _frame(jpeg: bytes, size: tuple[int, int]) -> "GreyFrame | None":
    """What a detector sees, or None when the picture does not decode."""
    from PIL import Image

    from lookout.vision.frames import grey_of_jpeg

    try:
        return grey_of_jpeg(jpeg, size)
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
