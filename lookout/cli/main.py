"""The `lookout` command: one small file beside this one for each subcommand."""

import os
import sys
from typing import Annotated, Final

import typer

import lookout
from lookout.cli.lazy import LazyGroup

HUB_PACKAGES: Final = frozenset({"redis", "hiredis", "aiohttp", "jinja2"})
ENDED_BY_READER: Final = 141  # as of a command that SIGPIPE ended

app = typer.Typer(
    cls=LazyGroup,
    name="lookout",
    help="Raspberry Pi cameras on MQTT: nothing lost, searchable, browsed in a gallery.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        print(f"lookout {lookout.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="show it and end")
    ] = False,
) -> None:
    """Raspberry Pi cameras on MQTT: nothing lost, searchable, browsed in a gallery."""


def main() -> None:
    """Run the subcommand named on the command line."""
    try:
        app()
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in HUB_PACKAGES:
            raise
        command = " ".join(["lookout", *sys.argv[1:2]])
        sys.stderr.write(
            f"`{command}` needs {error.name}, which is not installed here: run it on the hub, or "
            "install the hub's packages (pip install 'lookout-hub[hub]').\n"
        )
        sys.exit(1)
    except BrokenPipeError:  # the reader went away, as `| head` does: that is no error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ENDED_BY_READER)
