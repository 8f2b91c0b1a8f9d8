"""`python -m bench`: measure, print a table, and with --json FILE the figures with the machine."""

import argparse
import asyncio
import json
import statistics
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import (
    analytics,
    detect,
    find,
    fleet,
    gallery,
    ingest,
    live,
    motion,
    node,
    read,
    sizes,
    steady,
    together,
)
from bench.machine import describe

WIDTH = 120  # also into a file, where there is no terminal to ask
Rows = dict[str, dict[str, Any]]
Part = Callable[[argparse.Namespace, Path], Awaitable[Rows]]

PARTS: dict[str, Part] = {
    "ingest": lambda given, folder: ingest.measure(
        ingest.Load(given.senders, given.count, given.size), folder, given.workers
    ),
    "read": lambda _, __: read.measure(),
    "steady": lambda given, folder: steady.measure(folder, given.seconds, given.size),
    "live": lambda given, folder: live.measure(folder, given.viewers, given.seconds),
    "node": lambda given, folder: node.measure(folder, given.seconds),
    "motion": lambda given, folder: motion.measure(folder, given),
    "detect": lambda _, __: detect.measure(),
    "analytics": lambda given, folder: analytics.measure(folder, given),
    "together": lambda given, folder: together.measure(folder, given.nodes or 20),
    "fleet": lambda given, folder: fleet.measure(
        folder, given.nodes or 1000, given.seconds, given.interval, given.size
    ),
    "find": lambda given, folder: find.measure(folder, given.images),
    "gallery": lambda given, folder: gallery.measure(folder, given.images),
    "sizes": lambda _, folder: sizes.measure(folder),
}


def main() -> None:
    """Run the parts that were asked for."""
    given = _parser().parse_args()
    console = Console(width=WIDTH)
    figures: dict[str, Any] = {"machine": describe(), "load": vars(given) | {"json": None}}
    for name in given.part or ["ingest"]:
        figures[name] = []
        for number in range(given.runs):
            console.print(f"{name}, run {number + 1} of {given.runs} ...")
            with tempfile.TemporaryDirectory(prefix="lookout-bench-") as folder:
                rows = asyncio.run(_rows(PARTS[name], given, Path(folder)))
            console.print(_table(name, rows))
            figures[name].append(rows)
        if given.runs > 1:
            figures[f"{name}_medians"] = medians(figures[name])
            console.print(_table(f"{name}, medians", figures[f"{name}_medians"]))
    if given.json is not None:
        given.json.write_text(json.dumps(figures, indent=2, default=str))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--part", action="append", choices=PARTS, help="default: ingest")
    parser.add_argument("--senders", type=int, default=8, help="sender processes (ingest)")
    parser.add_argument("--count", type=int, default=500, help="images of each sender (ingest)")
    parser.add_argument(
        "--size", type=int, default=102_400, help="bytes of one image (ingest, fleet)"
    )
    parser.add_argument("--workers", type=int, default=1, help="ingest processes (ingest)")
    parser.add_argument("--viewers", type=int, default=30, help="at one time (live)")
    parser.add_argument("--nodes", type=int, help="together: 20, fleet: 1000")
    parser.add_argument(
        "--seconds", type=float, default=30.0, help="how long (live, node, fleet, analytics)"
    )
    parser.add_argument("--interval", type=float, default=10.0, help="between images (fleet)")
    parser.add_argument(
        "--images",
        type=int,
        nargs="+",
        default=[1_000, 100_000, 1_000_000],
        help="stored (find, gallery)",
    )
    parser.add_argument(
        "--runs", type=int, default=5, help="how often; each is printed, then medians"
    )
    parser.add_argument(
        "--film", type=Path, help="besides the drawn one (motion); instead of it (analytics)"
    )
    parser.add_argument("--film-rate", type=float, default=10.0, help="frames a second it plays at")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser


def medians(runs: Sequence[Rows]) -> Rows:
    """Of each figure its median, least and most over the runs."""
    return {
        row: {
            name: _median([run[row][name] for run in runs if name in run.get(row, {})])
            for name, figure in first.items()
            if isinstance(figure, int | float)
        }
        for row, first in runs[0].items()
    }


def _median(values: Sequence[float]) -> str:
    return f"{statistics.median(values):g} ({min(values):g} to {max(values):g})"


async def _rows(part: Part, given: argparse.Namespace, folder: Path) -> Rows:
    return await part(given, folder)


def _table(name: str, rows: Rows) -> Table:
    figures = list(dict.fromkeys(name for row in rows.values() for name in row))
    table = Table(name, *rows)
    for figure in figures:
        table.add_row(figure, *(str(row.get(figure, "")) for row in rows.values()))
    return table


if __name__ == "__main__":
    main()
