"""`lookout models`: which there are, fetch one, check one."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from lookout.cli import connection, tables
from lookout.vision.objects import fetching
from lookout.vision.objects.models import MODELS, Model, default_folder
from lookout.vision.objects.thing import BadModel, Detector

COLUMNS = ("Model", "Here", "Bytes>", "What", "Licence")
GREY_SIZE = (640, 480)

app = typer.Typer(help="Models that find people and things in pictures.", no_args_is_help=True)


@app.command("list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Show the models that can be fetched, and which are here."""
    folder = default_folder()
    if as_json:
        tables.print_json([_about(name, model, folder) for name, model in MODELS.items()])
        return
    rows = [("hog", "yes", "-", "people, by OpenCV itself: sees few of them", "Apache-2.0")]
    for name, model in MODELS.items():
        here = "yes" if model.is_whole(folder, name) else "no"
        rows.append((name, here, f"{model.bytes:,}", model.about, model.licence))
    tables.print_table(COLUMNS, rows)
    print(f"Models are kept in {folder}.")


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(metavar="MODEL", help="such as yolov3-tiny")],
) -> None:
    """Fetch a model, and check that it is whole. One that was begun is gone on with."""
    if name not in MODELS:
        raise typer.BadParameter(f"{name!r}: expected {', '.join(MODELS)}", param_hint="MODEL")
    model, folder = MODELS[name], default_folder()
    if model.is_whole(folder, name):
        print(f"{name} is here already: {model.path(folder, name)}")
        return
    print(f"Licence: {model.licence}")
    try:
        path = _fetch(model, name, folder)
    except BadModel as error:
        connection.fail(str(error))
    print(f"{name} is here: {path}")


@app.command()
def check(
    model: Annotated[str, typer.Argument(metavar="MODEL|FILE", help="a name, or a file")] = "auto",
    size: Annotated[
        int | None, typer.Option(min=32, max=4096, help="side of its input, where it names none")
    ] = None,
) -> None:
    """Open a model and have it look at a picture without anything in it."""
    detector = opened(model, size=size)
    picture = grey()
    began = time.perf_counter()
    found = detector.look(picture)
    milliseconds = 1000 * (time.perf_counter() - began)
    print(f"{detector.name}: {milliseconds:.0f} ms a picture; in a grey one it sees {len(found)}.")


def opened(model: str, **options: Any) -> Detector:
    """A model that is ready; what is wrong with it ends the command."""
    from lookout.vision.objects import choosing

    try:
        return choosing.opened(model, default_folder(), **options)
    except BadModel as error:
        connection.fail(str(error))


def grey() -> bytes:
    """A grey JPEG."""
    import io

    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", GREY_SIZE, (114, 114, 114)).save(buffer, "JPEG")
    return buffer.getvalue()


def _fetch(model: Model, name: str, folder: Path) -> Path:
    columns = (TextColumn(name), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=tables.console()) as progress:
        task = progress.add_task(name, total=model.bytes)
        return fetching.fetch(
            model, name, folder, lambda there: progress.update(task, completed=there)
        )


def _about(name: str, model: Model, folder: Path) -> dict[str, Any]:
    return {
        "name": name,
        "here": model.is_whole(folder, name),
        "path": str(model.path(folder, name)),
        "about": model.about,
        "licence": model.licence,
        "url": model.url,
        "bytes": model.bytes,
        "sha256": model.sha256,
    }
