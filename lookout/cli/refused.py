"""`lookout refused`: look at what the hub refused, keep a copy of it, put it back."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from lookout.cli import connection, tables
from lookout.cli.connection import Trouble

if TYPE_CHECKING:  # the store needs redis, which a Pi with only the camera's packages lacks
    from lookout.store.quarantine import Refused

app = typer.Typer(help="What the hub refused: look at it, save it, put it back.")

COLUMNS: Final = ("Entry", "Came", "Topic", "Size>", "Why")
Entry = Annotated[str, typer.Argument(metavar="ENTRY", help="as `lookout refused list` shows it")]


@app.command("list")
def show(
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """List what was refused and why, the newest first."""
    connection.run(_show(as_json))


@app.command()
def save(entry: Entry, file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Write the payload of one into a file, to look at it."""
    connection.run(_save(entry, file))


@app.command("put-back")
def put_back(
    entry: Annotated[
        str | None, typer.Argument(metavar="ENTRY", help="as `lookout refused list` shows it")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="all that lie there")] = False,
) -> None:
    """Publish a refused message once more, now that its cause is gone; it leaves the list."""
    if (entry is None) != everything:
        raise typer.BadParameter("name one ENTRY, or --all")
    connection.run(_put_back(entry))


async def _show(as_json: bool) -> None:
    from lookout.store import quarantine

    async with connection.redis() as client:
        found = await quarantine.everything(client)
    if as_json:
        tables.print_json({"refused": [_document(each) for each in found]})
    elif not found:
        print("Nothing was refused.")
    else:
        tables.print_table(COLUMNS, [_row(each) for each in found])


async def _save(entry: str, file: Path) -> None:
    async with connection.redis() as client:
        (found,) = await _named(client, entry)
    try:
        file.write_bytes(found.data)
    except OSError as error:
        raise Trouble(f"{file} cannot be written: {error.strerror}.") from None
    print(f"{file}: {len(found.data)} of {found.size} bytes.")


async def _put_back(entry: str | None) -> None:
    from lookout.store import quarantine

    async with connection.redis() as client, connection.broker() as bus:
        for found in await _named(client, entry):
            if not found.is_whole:
                print(f"{found.entry} stays: only its first {len(found.data)} bytes are here.")
                continue
            await bus.session.publish(found.topic, found.data, properties=found.properties)
            await quarantine.remove(client, found.entry)
            print(f"{found.entry} was put back to {tables.printable(found.topic)}.")


async def _named(client: object, entry: str | None) -> "list[Refused]":
    from lookout.store import quarantine

    found = await quarantine.everything(client)
    wanted = [each for each in found if entry in {None, each.entry}]
    if entry is not None and not wanted:
        raise Trouble(f"There is no {entry}: see `lookout refused list`.")
    return wanted


def _row(refused: "Refused") -> tuple[str, str, str, str, str]:
    return (
        refused.entry,
        f"{tables.span(time.time() - refused.received_at)} ago",
        tables.printable(refused.topic),
        f"{refused.size:,}",
        tables.printable(refused.reason),
    )


def _document(refused: "Refused") -> dict[str, object]:
    return {
        "entry": refused.entry,
        "topic": refused.topic,
        "reason": refused.reason,
        "received_at": refused.received_at,
        "size": refused.size,
        "whole": refused.is_whole,
        "properties": dict(refused.properties),
    }
