"""The command line of the demo."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_PORT = 8080


def demo(
    nodes: Annotated[int, typer.Option(min=1, max=500, help="Number of cameras.")] = 3,
    source: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            readable=True,
            help="A film or a folder of JPEGs; otherwise the cameras draw scenes.",
        ),
    ] = None,
    interval: Annotated[
        float, typer.Option(min=0.1, max=86400, help="Seconds between two pictures of a camera.")
    ] = 5.0,
    duration: Annotated[
        float | None, typer.Option(min=1, help="End by itself after so many seconds.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            file_okay=False, help="Folder that keeps everything; otherwise one that is removed."
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port of the gallery; a free one if it is taken.")
    ] = DEFAULT_PORT,
) -> None:
    """Run a whole system on this computer: broker, Redis, hub and cameras, until Ctrl-C.

    Servers named by LOOKOUT_MQTT__URL and LOOKOUT_REDIS__URL are used instead of private ones.
    """
    from lookout.cli.demo.folders import NoFolder
    from lookout.cli.demo.run import NotReady, run
    from lookout.cli.demo.screen import Screen
    from lookout.cli.demo.services import Plan
    from lookout.cli.demo.source import NoSource, check
    from lookout.embedded.ports import NotStarted
    from lookout.embedded.programs import Missing
    from lookout.host.settings import SettingsError, read_secret_files

    plan = Plan(nodes=nodes, interval=interval, source=source, port=port, data=data or Path())
    try:
        if source is not None:
            check(source)
        read_secret_files(os.environ)
        asyncio.run(run(plan, data, duration, Screen(sys.stdout)))
    except (Missing, NoFolder, NoSource, NotStarted, NotReady, SettingsError) as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(1) from None
