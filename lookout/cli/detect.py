"""`lookout detect`: what a model sees in pictures, as a table and as pictures with boxes."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from lookout.cli import connection, models, tables
from lookout.vision.objects.thing import LEAST_SCORE, Thing, people

SUFFIXES: Final = {".jpg", ".jpeg"}
COLUMNS: Final = ("Picture", "People>", "Seen", "ms>")
MOST_SHOWN: Final = 6  # things named in a row


@dataclass(frozen=True, slots=True)
class Looked:
    """A picture and what was seen in it; `problem` says why nothing was."""

    path: Path
    things: Sequence[Thing]
    milliseconds: float
    problem: str = ""


def detect(
    source: Annotated[Path, typer.Argument(metavar="FILE|FOLDER", help="JPEGs to look at")],
    model: Annotated[
        str, typer.Option(metavar="MODEL", help="auto, hog, a name of `lookout models`, or a file")
    ] = "auto",
    boxes: Annotated[
        Path | None, typer.Option(metavar="DIR", help="write the pictures with boxes into DIR")
    ] = None,
    least_score: Annotated[
        float, typer.Option(min=0.01, max=1, help="what it is less sure of is not shown")
    ] = LEAST_SCORE,
    size: Annotated[
        int | None, typer.Option(min=32, max=4096, help="side of its input, where it names none")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Look for people and things in pictures with a model."""
    paths = _paths(source)
    detector = models.opened(model, size=size, least_score=least_score)
    looked = [_look(detector, path, boxes) for path in paths]
    if as_json:
        found = [_as_json(each) for each in looked]
        tables.print_json({"model": detector.name, "pictures": found})
        return
    tables.print_table(COLUMNS, map(_row, looked))
    with_people = sum(people(each.things) > 0 for each in looked)
    print(f"{detector.name}: people in {with_people} of {len(looked)} pictures.")


def _paths(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    if not source.is_dir():
        connection.fail(f"{source} is neither a file nor a folder.")
    found = sorted(each for each in source.iterdir() if each.suffix.lower() in SUFFIXES)
    if not found:
        connection.fail(f"{source} holds no pictures: files ending in .jpg or .jpeg.")
    return found


def _look(detector: Any, path: Path, folder: Path | None) -> Looked:
    from lookout.vision.pictures import BadPicture

    began = time.perf_counter()
    try:
        jpeg = path.read_bytes()
        things = detector.look(jpeg)
    except BadPicture as error:
        return Looked(path, (), 0.0, str(error))
    except OSError as error:
        return Looked(path, (), 0.0, error.strerror or str(error))
    looked = Looked(path, things, 1000 * (time.perf_counter() - began))
    if folder is not None:
        _write(folder / path.name, jpeg, things)
    return looked


def _write(path: Path, jpeg: bytes, things: Sequence[Thing]) -> None:
    from lookout.vision.objects.drawing import with_boxes

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(with_boxes(jpeg, things))
    except OSError as error:
        connection.fail(f"{path} cannot be written: {error.strerror or error}.")


def _row(looked: Looked) -> tuple[tables.Cell, ...]:
    if looked.problem:
        return looked.path.name, tables.NOTHING, looked.problem, tables.NOTHING
    words = [f"{each.label} {each.score:.2f}" for each in looked.things[:MOST_SHOWN]]
    more = len(looked.things) - MOST_SHOWN
    seen = ", ".join([*words, *([f"and {more} more"] if more > 0 else [])])
    number = str(people(looked.things))
    return looked.path.name, number, seen or tables.NOTHING, f"{looked.milliseconds:.0f}"


def _as_json(looked: Looked) -> dict[str, Any]:
    things = [{"label": each.label, "score": each.score, "box": each.box} for each in looked.things]
    document: dict[str, Any] = {"picture": str(looked.path), "people": people(looked.things)}
    if looked.problem:
        return {"picture": str(looked.path), "problem": looked.problem}
    return {**document, "things": things, "milliseconds": round(looked.milliseconds, 1)}
