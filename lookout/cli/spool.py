"""`lookout spool`: what waits on this computer for the hub to store it, and throwing it away."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from lookout.cli import connection, tables
from lookout.contract.errors import BadTopic
from lookout.contract.topics import check_node

COLUMNS: Final = ("Spool", "Waiting>", "MB>", "Oldest>", "Newest>", "Damaged>", "Refused>")
FLUSH: Final = "flush"
PUT_BACK: Final = "put-back"


def spool(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[flush|put-back] [PATH]",
            help="flush removes what waits, put-back sends what the hub refused again; PATH is a "
            "folder",
        ),
    ] = None,
    node: Annotated[str | None, typer.Option(help="the spool of this node, in the data folder")] = (
        None
    ),
    yes: Annotated[bool, typer.Option("--yes", help="flush without asking")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Show the captures that wait in this computer's spools, or remove them."""
    given = list(words or ())
    flush, back = given[:1] == [FLUSH], given[:1] == [PUT_BACK]
    paths = given[1:] if flush or back else given
    try:
        folders = _folders(paths, node)
        if flush and not yes:
            _confirm(_run(folders))
        found = _run(folders, *(["--flush"] if flush else ["--put-back"] if back else []))
    except (connection.Trouble, BadTopic) as error:
        connection.fail(str(error))
    if as_json:
        tables.print_json({"spools": found})
    elif flush:
        print(f"Removed {sum(each['removed'] for each in found)} files.")
    elif back:
        print(f"Put back {sum(each['put_back'] for each in found)} captures.")
    else:
        _show(found)


def _folders(paths: list[str], node: str | None) -> list[Path]:
    """The folders that are meant: named, the node's, or all in the data folder. Raises Trouble."""
    spools = connection.data_folder() / "spool"
    if len(paths) > 1 or (paths and node):
        raise connection.Trouble("Name one spool: a PATH or --node NAME, not both.")
    if paths:
        return [Path(paths[0])]
    if node:
        return [spools / check_node(node)]
    found = sorted(path for path in spools.glob("*") if path.is_dir())
    if not found:
        raise connection.Trouble(
            f"There is no spool in {spools}. Name the folder (spool.path in lookout.yaml), or set "
            "LOOKOUT_DATA to the node's data folder."
        )
    return found


def _run(folders: list[Path], *options: str) -> list[dict[str, Any]]:
    """What the node's own code says of them. Raises Trouble."""
    tool = [sys.executable, "-m", "services.camera.outbox.spooltool"]
    command = [*tool, *options, *map(str, folders)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise connection.Trouble(lines[-1])
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def _confirm(found: list[dict[str, Any]]) -> None:
    """Ask before pictures are lost."""
    count = sum(each["count"] for each in found)
    where = ", ".join(each["path"] for each in found)
    sys.stderr.write(
        f"{count} captures in {where} are not known to be stored; they will be lost. "
        "Stop the node first.\n"
    )
    typer.confirm("Remove them?", abort=True, err=True)


def _show(found: list[dict[str, Any]]) -> None:
    tables.print_table(COLUMNS, map(_row, found))
    for each in found:
        for name in each["damaged"]:
            print(f"damaged: {tables.printable(str(Path(each['path']) / name))}")
        for refused in each["refused"]:
            print(
                f"refused: {tables.printable(refused['name'])}: "
                f"{tables.printable(refused['reason'])}"
            )


def _row(each: dict[str, Any]) -> tuple[tables.Cell, ...]:
    return (
        each["path"],
        str(each["count"]),
        tables.number(each["bytes"] / 1e6),
        tables.age(each["oldest"]),
        tables.age(each["newest"]),
        str(len(each["damaged"])),
        str(len(each["refused"])),
    )
