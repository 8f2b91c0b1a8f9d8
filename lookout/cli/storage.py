"""`lookout storage`: who uses the memory, what holds for whom, and what the rules would remove."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from lookout.cli import connection, tables

if TYPE_CHECKING:  # the store needs redis, which a Pi with only the camera's packages lacks
    from lookout.store.memory import Memory
    from lookout.store.retention.forecast import Forecast
    from lookout.store.retention.keeping import Kept
    from lookout.store.retention.kinds import Held
    from lookout.store.retention.removal import Victim
    from lookout.store.retention.report import Holding
    from lookout.store.retention.rules import Retention

COLUMNS: Final = (
    "Node",
    "Images>",
    "Pictures>",
    "Share>",
    "Memory>",
    "Oldest",
    "Newest",
    "Kept>",
    "Lifetime>",
    "Cap",
)
NONE_YET: Final = "No picture is stored yet."


def _size(text: str) -> int:
    from lookout.amounts.sizes import parse_size

    try:
        return parse_size(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: {error}") from None


def _seconds(text: str) -> float:
    from lookout.amounts.times import parse_duration

    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: {error}") from None


def storage(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="show what each rule would remove now, from whom")
    ] = False,
    free: Annotated[
        Any,
        typer.Option(
            metavar="SIZE", parser=_size, help="with --dry-run: to free so much, such as 500MB"
        ),
    ] = None,
    within: Annotated[
        Any,
        typer.Option(
            metavar="TIME", parser=_seconds, help="with --dry-run: what expires within 1h, 1d, ..."
        ),
    ] = "1d",
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Show the memory in use, each node's part of it, and its rules. Nothing is removed."""
    if free and not dry_run:
        raise typer.BadParameter("it goes with --dry-run: nothing is removed", param_hint="--free")
    connection.run(_show(dry_run, free or 0, within, as_json))


async def _show(dry_run: bool, free: int, within: float, as_json: bool) -> None:
    from lookout.store.memory import memory
    from lookout.store.retention import rules as retention
    from lookout.store.retention.forecast import forecast
    from lookout.store.retention.keeping import kept
    from lookout.store.retention.kinds import held
    from lookout.store.retention.report import holdings

    found: Forecast = {}
    async with connection.redis() as client:
        rules = await retention.load(client)
        now, quota = await memory(client), await kept(client, rules)
        nodes, kinds = await holdings(client, rules), await held(client)
        if dry_run:
            found = await forecast(client, rules, now=time.time(), within=within, free=free)
    if as_json:
        document = _document(now, quota, nodes, found)
        tables.print_json({**document, "kinds": {name: asdict(kinds[name]) for name in kinds}})
        return
    _print_totals(now, quota, nodes)
    _print_kinds(kinds, rules, now.limit)
    if nodes:
        tables.print_table(COLUMNS, map(_row, nodes))
    if dry_run:
        _print_forecast(nodes, found, within)


def _document(
    now: "Memory", quota: "Kept", nodes: Sequence["Holding"], found: "Forecast"
) -> dict[str, Any]:
    document = {
        "used": now.used,
        "limit": now.limit,
        "kept": asdict(quota),
        "nodes": [asdict(node) for node in nodes],
    }
    if found:
        document["would_remove"] = {
            rule: {node: _total(victims) for node, victims in by_node.items()}
            for rule, by_node in found.items()
        }
    return document


def _total(victims: Sequence["Victim"]) -> dict[str, Any]:
    return {
        "images": len(victims),
        "bytes": sum(victim.size for victim in victims),
        "ids": [victim.id for victim in victims],
    }


def _print_totals(now: "Memory", quota: "Kept", nodes: Sequence["Holding"]) -> None:
    from lookout.amounts.sizes import format_size

    limit = f"of {format_size(now.limit)}" if now.limit else "without a limit"
    print(f"Redis uses {format_size(now.used)} {limit}.")
    if not nodes:
        print(NONE_YET)
        return
    images, size = sum(node.images for node in nodes), sum(node.bytes for node in nodes)
    print(f"{images:,} pictures have {format_size(size)}.")
    most = f" of {quota.most_images:,}" if quota.most_images else ""
    room = f" of {format_size(quota.most_bytes)}" if quota.most_bytes else ""
    print(f"Kept for good: {quota.images:,}{most} pictures, {format_size(quota.bytes)}{room}.")


def _print_kinds(kinds: "Mapping[str, Held]", rules: "Retention", limit: int) -> None:
    from lookout.amounts.sizes import format_size
    from lookout.store.retention.room import shares

    own = shares(rules)
    rows = [
        (
            name,
            f"{each.number:,}",
            format_size(each.bytes),
            format_size(round(own[name] * limit)) if limit and name in own else tables.NOTHING,
        )
        for name, each in kinds.items()
        if each.number
    ]
    if rows:
        tables.print_table(("Kind", "Number>", "Memory>", "Share>"), rows)


def _row(node: "Holding") -> tuple[str, ...]:
    from lookout.amounts.sizes import format_size

    caps = (
        f"{node.cap_images:,} pictures" if node.cap_images else "",
        format_size(node.cap_bytes) if node.cap_bytes else "",
    )
    return (
        node.node,
        str(node.images),
        format_size(node.bytes),
        f"{node.share:.0%}",
        format_size(node.memory),
        tables.clock(node.oldest),
        tables.clock(node.newest),
        str(node.kept) if node.kept else tables.NOTHING,
        tables.span(node.ttl),
        ", ".join(filter(None, caps)) or tables.NOTHING,
    )


def _print_forecast(nodes: Sequence["Holding"], found: "Forecast", within: float) -> None:
    titles = ("Node", f"Expires in {tables.span(within)}>", "Over its cap>", "Thinned out>")
    rows = [
        (node.node, *(_cell(by_node.get(node.node, ())) for by_node in found.values()))
        for node in nodes
    ]
    print("Each rule by itself would remove (nothing has been removed):")
    tables.print_table((*titles, "To make room>"), rows)


def _cell(victims: Sequence["Victim"]) -> str:
    from lookout.amounts.sizes import format_size

    size = sum(victim.size for victim in victims)
    return f"{len(victims):,} ({format_size(size)})" if victims else tables.NOTHING
