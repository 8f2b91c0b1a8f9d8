"""Commands are imported when they are run; what is told of them without is true."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from lookout.cli.lazy import COMMANDS, loaded

FOLDER = Path(__file__).parents[2] / "lookout" / "cli"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_a_command_what_its_own_help_says(name: str) -> None:
    command = loaded(name)
    first = inspect.cleandoc(command.help or "").split("\n\n")[0]
    assert first.replace("\n", " ") == COMMANDS[name][1]


def test_every_command_is_in_the_list() -> None:
    modules = {path.partition(":")[0].partition(".")[0] for path, _ in COMMANDS.values()}
    commands = {
        path.stem
        for path in FOLDER.glob("*.py")
        if f"def {path.stem}(" in path.read_text() or "app = typer.Typer(" in path.read_text()
    }
    assert commands - {"main"} <= modules


def test_the_list_of_commands_is_shown_without_importing_them() -> None:
    program = (
        "import sys\n"
        "from lookout.cli.main import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'pydantic', 'paho', 'structlog', 'redis', 'asyncio', 'yaml'}\n"
        "sys.exit(f'imported: {heavy & sys.modules.keys()}' if heavy & sys.modules.keys() else 0)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(f" {name} " in done.stdout for name in COMMANDS)
