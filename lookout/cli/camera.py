"""`lookout camera check`: has this Pi what its node needs?"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from lookout.cli import connection, tables

app = typer.Typer(help="On a Pi: this computer's camera node.", no_args_is_help=True)

COLUMNS: Final = ("Part", "", "Found", "What to do")
STYLES: Final = {"ok": "green", "warning": "yellow", "problem": "red"}
LONGEST: Final = 1200.0  # seconds: a capture may take 900


@app.callback()
def camera() -> None:
    """On a Pi: this computer's camera node."""


@app.command()
def check(
    config: Annotated[Path | None, typer.Option(help="the node's lookout.yaml")] = None,
    node: Annotated[str | None, typer.Option(help="which node of it")] = None,
    output: Annotated[Path | None, typer.Option(help="write the picture to this file")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Take a picture, read the sensors, try the broker, look at clock and spool."""
    given = {"--config": config, "--node": node, "--output": output}
    options = [word for name, value in given.items() if value for word in (name, str(value))]
    command = [sys.executable, "-m", "services.camera", "--check", *options]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False)
    except subprocess.TimeoutExpired:
        connection.fail("The camera hangs: switch the Pi off and check the cable at both ends.")
    if not done.stdout.startswith("{"):  # the settings are wrong, or something is not installed
        connection.fail(done.stderr.strip() or "The node said nothing.")
    document = json.loads(done.stdout)
    if as_json:
        tables.print_json(document)
    else:
        tables.print_table(COLUMNS, map(_row, document["findings"]))
    raise typer.Exit(done.returncode)


def _row(finding: dict[str, Any]) -> tuple[tables.Cell, ...]:
    verdict = str(finding["verdict"])
    return (
        finding["part"],
        Text(verdict, style=STYLES.get(verdict, "")),
        finding["found"],
        finding["todo"],
    )
