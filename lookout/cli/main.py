"""The `lookout` command: one small file beside this one for each subcommand."""

import typer

from lookout.cli import (
    call,
    camera,
    capture,
    images,
    keep,
    node,
    nodes,
    refused,
    spool,
    storage,
    tune,
    watch,
)
from lookout.cli.demo.command import demo

app = typer.Typer(
    name="lookout",
    help="Raspberry Pi cameras on MQTT: nothing lost, searchable, browsed in a gallery.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(demo)
app.command()(nodes.nodes)
app.command()(images.images)
app.command()(keep.keep)
app.command()(capture.capture)
app.command()(call.call)
app.command()(watch.watch)
app.command()(spool.spool)
app.command()(storage.storage)
app.command()(tune.tune)
app.add_typer(camera.app, name="camera")
app.add_typer(node.app, name="node")
app.add_typer(refused.app, name="refused")


def main() -> None:
    """Run the subcommand named on the command line."""
    app()
