"""`lookout detect`: what a model sees in pictures, as a table and as pictures with boxes."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from lookout.cli import comparing, connection, models, tables
from lookout.cli.detectfiles import Picture, pictures_of
from lookout.vision.objects.thing import LEAST_SCORE, Thing, people

COLUMNS: Final = ("Picture", "People>", "Seen", "ms>")
MOST_SHOWN: Final = 6  # things named in a row


@dataclass(frozen=True, slots=True)
class Looked:
    """A picture and what was seen in it; `problem` says why nothing was."""

    name: str
    things: Sequence[Thing]
    milliseconds: float
    problem: str = ""


def detect(
    source: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE|FOLDER|NAME:VALUE...",
            help="JPEGs to look at, or a filter line as of `lookout images`: node:porch since:2h",
        ),
    ],
    model: Annotated[
        str, typer.Option(metavar="MODEL", help="auto, hog, a name of `lookout models`, or a file")
    ] = "auto",
    compare: Annotated[
        str | None, typer.Option(metavar="MODEL", help="another one, to be compared with it")
    ] = None,
    boxes: Annotated[
        Path | None, typer.Option(metavar="DIR", help="write the pictures with boxes into DIR")
    ] = None,
    least_score: Annotated[
        float, typer.Option(min=0.01, max=1, help="what it is less sure of is not shown")
    ] = LEAST_SCORE,
    size: Annotated[
        int | None, typer.Option(min=32, max=4096, help="side of its input, where it names none")
    ] = None,
    last: Annotated[
        int, typer.Option(min=1, max=1000, help="most stored pictures to look at, the newest")
    ] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Look for people and things in pictures with a model, or compare two."""
    given = [each for each in (model, compare) if each is not None]
    detectors = [models.opened(each, size=size, least_score=least_score) for each in given]
    pictures = pictures_of(source, last)
    folders = [boxes] if compare is None else [boxes and boxes / name for name in ("1", "2")]
    looked = [
        [_look(detector, picture, folder) for picture in pictures]
        for detector, folder in zip(detectors, folders, strict=True)
    ]
    if as_json:
        found = [
            {"model": detector.name, "pictures": list(map(_as_json, each))}
            for detector, each in zip(detectors, looked, strict=True)
        ]
        tables.print_json(found[0] if compare is None else {"models": found})
    elif compare is None:
        _show(detectors[0].name, looked[0])
    else:
        comparing.show((detectors[0].name, detectors[1].name), looked[0], looked[1])


def _show(name: str, looked: Sequence[Looked]) -> None:
    tables.print_table(COLUMNS, map(_row, looked))
    with_people = sum(people(each.things) > 0 for each in looked)
    print(f"{name}: people in {with_people} of {len(looked)} pictures.")


def _look(detector: Any, picture: Picture, folder: Path | None) -> Looked:
    from lookout.vision.pictures import BadPicture

    if picture.problem:
        return Looked(picture.name, (), 0.0, picture.problem)
    began = time.perf_counter()
    try:
        things = detector.look(picture.jpeg)
    except BadPicture as error:
        return Looked(picture.name, (), 0.0, str(error))
    looked = Looked(picture.name, things, 1000 * (time.perf_counter() - began))
    if folder is not None:
        _write(folder / picture.file, picture.jpeg, things)
    return looked


def _write(path: Path, jpeg: bytes, things: Sequence[Thing]) -> None:
    from lookout.vision.objects.drawing import with_boxes

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(with_boxes(jpeg, things))
    except OSError as error:
        connection.fail(f"{path} cannot be written: {error.strerror or error}.")


def _row(looked: Looked) -> tuple[tables.Cell, ...]:
    shown = Path(looked.name).name
    if looked.problem:
        return shown, tables.NOTHING, looked.problem, tables.NOTHING
    words = [f"{each.label} {each.score:.2f}" for each in looked.things[:MOST_SHOWN]]
    more = len(looked.things) - MOST_SHOWN
    seen = ", ".join([*words, *([f"and {more} more"] if more > 0 else [])])
    number = str(people(looked.things))
    return shown, number, seen or tables.NOTHING, f"{looked.milliseconds:.0f}"


def _as_json(looked: Looked) -> dict[str, Any]:
    things = [{"label": each.label, "score": each.score, "box": each.box} for each in looked.things]
    document: dict[str, Any] = {"picture": looked.name, "people": people(looked.things)}
    if looked.problem:
        return {"picture": looked.name, "problem": looked.problem}
    return {**document, "things": things, "milliseconds": round(looked.milliseconds, 1)}
