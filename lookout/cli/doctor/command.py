"""`lookout doctor`: everything that can be looked at from here, one line each."""

from typing import Annotated

import typer
from rich.text import Text

from lookout.cli import connection, tables
from lookout.cli.connection import Trouble
from lookout.cli.doctor import broker, computer
from lookout.cli.doctor.finding import Finding, wrong
from lookout.host.settings import SettingsError

COLUMNS = ("", "What", "How it is, and what to do")


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Look at broker, Redis, services, nodes and disk, and say what is wrong and what to do.

    The exit code is 1 when something is wrong.
    """
    connection.run(_look(as_json))


async def _look(as_json: bool) -> None:
    found = [*await _broker(), *await _store(), *computer.look(connection.data_folder())]
    if as_json:
        tables.print_json({"findings": [_document(each) for each in found]})
    else:
        tables.print_table(COLUMNS, map(_row, found))
    if not all(each.is_well for each in found):
        raise typer.Exit(1)


async def _broker() -> list[Finding]:
    try:
        async with connection.broker() as bus:
            return [each async for each in broker.look(bus)]
    except (Trouble, SettingsError) as error:
        return [wrong("broker", str(error))]


async def _store() -> list[Finding]:
    from lookout.cli.doctor import nodes, store, troubles  # lazily: see images.py

    found: list[Finding] = []
    try:
        async with connection.redis() as client:
            found += [each async for each in store.look(client)]
            found += [each async for each in nodes.look(client)]
            found += [each async for each in troubles.look(client)]
    except (Trouble, SettingsError) as error:
        found.append(wrong("Redis", str(error)))
    return found


def _row(finding: Finding) -> tuple[tables.Cell, ...]:
    mark = Text("good", style="green") if finding.is_well else Text("wrong", style="bold red")
    return mark, finding.what, finding.says


def _document(finding: Finding) -> dict[str, object]:
    return {"what": finding.what, "well": finding.is_well, "says": finding.says}
