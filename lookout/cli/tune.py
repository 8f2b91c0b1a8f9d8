"""`lookout tune`: replay stored pictures through a detector, to find its limits."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from pydantic import ValidationError

from lookout.cli import connection, tables, tunefiles
from lookout.cli.connection import Trouble
from lookout.contract.errors import explain
from lookout.vision.limits import LightLimits, MotionLimits, Region

if TYPE_CHECKING:  # numpy, which `lookout` without this command does not need
    from lookout.cli.tunefiles import Stored
    from lookout.vision.replay import Caught

MOTION_COLUMNS: Final = ("Limit", "Value>", "Moving pictures>", "Motion events>", "")
LIGHT_COLUMNS: Final = ("Limit", "Value>", "Lighted pictures>", "Changes>", "")
PICTURE_COLUMNS: Final = ("Picture", "Score %>", "Where (left, top, right, bottom %)")
MOST_SHOWN: Final = 20
NEEDED: Final = "This needs numpy and Pillow: pip install 'lookout-hub[camera]'."


def tune(
    source: Annotated[str, typer.Argument(metavar="NODE|FOLDER", help="whose pictures")],
    light: Annotated[bool, typer.Option("--light", help="the light detector, not motion")] = False,
    limit: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="LIMIT=VALUE", help="such as min_area=5; may be repeated"),
    ] = None,
    region: Annotated[
        str | None, typer.Option(metavar="L,T,R,B", help="part of the picture, per cent")
    ] = None,
    last: Annotated[int, typer.Option(min=2, max=2000, help="newest pictures to replay")] = 200,
    size: Annotated[int, typer.Option(min=16, max=1920, help="width looked at, pixels")] = 320,
    mask: Annotated[
        Path | None, typer.Option(metavar="DIR", help="write what moved as pictures into DIR")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Show what each limit of a detector would have caught in stored pictures."""
    limits = _limits(LightLimits if light else MotionLimits, limit or [])
    part = _region(region)
    connection.run(_tune(source, limits, part, last, size, mask, as_json))


def _limits(
    kind: type[MotionLimits] | type[LightLimits], given: Sequence[str]
) -> MotionLimits | LightLimits:
    values = dict(each.partition("=")[::2] for each in given)
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise typer.BadParameter(explain(error, kind), param_hint="--set") from None


def _region(text: str | None) -> Region | None:
    if text is None:
        return None
    names = ("left", "top", "right", "bottom")
    try:
        values = dict(zip(names, text.split(","), strict=True))
        return Region.model_validate({"name": "region", **values})
    except ValidationError as error:
        raise typer.BadParameter(explain(error, Region), param_hint="--region") from None
    except ValueError:
        raise typer.BadParameter(
            f"{text!r}: four numbers are needed, such as 0,50,100,100", param_hint="--region"
        ) from None


async def _tune(
    source: str,
    limits: MotionLimits | LightLimits,
    region: Region | None,
    last: int,
    size: int,
    mask: Path | None,
    as_json: bool,
) -> None:
    try:
        from lookout.vision import replay
    except ImportError:
        raise Trouble(NEEDED) from None
    pictures = await tunefiles.load(source, last, (size, size))
    frames = [(each.seconds, each.frame) for each in pictures]
    document: dict[str, Any] = {"source": source, "pictures": len(pictures)}
    if isinstance(limits, LightLimits):
        caught = replay.light_trials(frames, limits, region)
    else:
        caught = replay.motion_trials(frames, limits, region)
        document["moving"] = _moving(pictures, limits, region, mask)
    document["limits"] = [asdict(each) for each in caught]
    if as_json:
        tables.print_json(document)
    else:
        _show(document, caught, light=isinstance(limits, LightLimits))


def _moving(
    pictures: "Sequence[Stored]", limits: MotionLimits, region: Region | None, mask: Path | None
) -> list[dict[str, Any]]:
    """The pictures in which something moved, and their masks as files where asked for."""
    from lookout.vision import replay

    frames = [(each.seconds, each.frame) for each in pictures]
    moving = []
    for picture, seen in zip(pictures, replay.motion(frames, limits, region), strict=True):
        if mask is not None:
            painted = replay.painted(picture.frame, seen.mask, region)
            tunefiles.write_mask(mask, picture.name, painted)
        if seen.moving:
            box = [round(value, 1) for value in seen.box]
            moving.append({"picture": picture.name, "score": round(seen.score, 2), "box": box})
    return moving


def _show(document: dict[str, Any], caught: "Sequence[Caught]", *, light: bool) -> None:
    print(f"{document['pictures']} pictures of {tables.printable(document['source'])}")
    tables.print_table(
        LIGHT_COLUMNS if light else MOTION_COLUMNS,
        (
            (
                each.limit,
                tables.number(each.value),
                str(each.frames),
                str(each.events),
                "<- as set" if each.chosen else "",
            )
            for each in caught
        ),
    )
    moving = document.get("moving", [])
    if moving:
        rows = [
            (each["picture"], tables.number(each["score"]), ", ".join(map(str, each["box"])))
            for each in moving[:MOST_SHOWN]
        ]
        tables.print_table(PICTURE_COLUMNS, rows)
    if len(moving) > MOST_SHOWN:
        print(f"... and {len(moving) - MOST_SHOWN} more: --json names all.")
