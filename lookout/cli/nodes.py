"""`lookout nodes`: every node at a glance."""

from typing import Annotated, Any

import typer
from rich.text import Text

from lookout.cli import connection, tables

COLUMNS = (
    *("Node", "Status", "Last seen>", "Last picture>", "Images>"),
    *("Lux>", "Temperature>", "Spool>", "Version"),
)
NONE_YET = "No node has been heard of yet: start one, or see `lookout demo`."


def nodes(
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Show every node: is it there, how old is its last picture, how does it fare."""
    connection.run(_show(as_json))


async def _show(as_json: bool) -> None:
    from lookout.store.nodes import Nodes  # lazily: see images.py

    async with connection.redis() as client:
        found = await Nodes(client).all()
    if as_json:
        tables.print_json({"nodes": found})
    elif found:
        tables.print_table(COLUMNS, map(_row, found))
    else:
        print(NONE_YET)


def _row(node: dict[str, Any]) -> tuple[tables.Cell, ...]:
    info, reading = node.get("info", {}), node.get("last_reading", {})
    return (
        node["node"],
        _status(node),
        tables.age(node.get("last_seen")),
        tables.age(node.get("last_image_at")),
        str(node.get("images", 0)),
        tables.number(reading.get("lux")),
        tables.degrees(reading.get("temperature")),
        tables.number(info.get("spool_depth"), 0),
        str(info.get("version") or tables.NOTHING),
    )


def _status(node: dict[str, Any]) -> Text:
    if node.get("silent"):
        return Text("silent", style="yellow")
    status = str(node.get("status", "unknown"))
    return Text(
        tables.printable(status), style={"online": "green", "offline": "red"}.get(status, "")
    )
