"""`lookout storage`: who uses the memory, and what would go first if it were short."""

from typing import Annotated, Any

import typer

from lookout.cli import connection, tables

COLUMNS = ("Node", "Images>", "Pictures>", "Share>")
DRY_COLUMNS = (*COLUMNS, "Would go>")
NONE_YET = "No picture is stored yet."


def storage(
    dry_run: Annotated[
        str,
        typer.Option(
            help="Show what would be removed from whom to free so much, such as 500MB; "
            "nothing is removed."
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Show the memory in use, and each node's part of it."""
    connection.run(_show(_bytes(dry_run) if dry_run else 0, as_json))


async def _show(need: int, as_json: bool) -> None:
    from lookout.store.memory import memory  # lazily: see images.py
    from lookout.store.usage import shares_to_remove, usage

    async with connection.redis() as client:
        now, used = await memory(client), await usage(client)
    removed = shares_to_remove(used, need)
    whole = sum(one.bytes for one in used)
    rows = [
        {
            "node": one.node,
            "images": one.images,
            "bytes": one.bytes,
            "share": round(one.bytes / whole, 4) if whole else 0.0,
            "would_go": removed.get(one.node, 0),
        }
        for one in used
    ]
    if as_json:
        tables.print_json({"used": now.used, "limit": now.limit, "nodes": rows})
        return
    limit = f"of {_size(now.limit)}" if now.limit else "without a limit"
    print(f"Redis uses {_size(now.used)} {limit}.")
    if rows:
        tables.print_table(DRY_COLUMNS if need else COLUMNS, (_row(row, need) for row in rows))
    else:
        print(NONE_YET)


def _row(row: dict[str, Any], need: int) -> tuple[str, ...]:
    cells = (row["node"], str(row["images"]), _size(row["bytes"]), f"{row['share']:.0%}")
    return (*cells, _size(row["would_go"])) if need else cells


_UNITS = {"GB": 10**9, "MB": 10**6, "KB": 10**3, "B": 1}


def _bytes(text: str) -> int:
    number, unit = text.strip().upper().replace(" ", ""), "B"
    for name in _UNITS:
        if number.endswith(name):
            number, unit = number.removesuffix(name), name
            break
    try:
        size = float(number) * _UNITS[unit]
    except ValueError:
        size = 0.0
    if not 0 < size < 1e15:
        raise typer.BadParameter(f"{text!r}: write a size such as 500MB, 2GB or 1000000")
    return round(size)


def _size(number: int) -> str:
    for unit, size in _UNITS.items():
        if number >= size:
            return f"{number / size:.1f} {unit}" if size > 1 else f"{number} B"
    return "0 B"
