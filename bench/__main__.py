"""`python -m bench`: measure, print a table, and with --json FILE the figures with the machine."""

import argparse
import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.ingest import Load, measure
from bench.machine import describe


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--senders", type=int, default=8, help="sender processes")
    parser.add_argument("--count", type=int, default=500, help="images of each sender")
    parser.add_argument("--size", type=int, default=102_400, help="bytes of one image")
    parser.add_argument("--workers", type=int, default=1, help="ingest processes")
    parser.add_argument("--runs", type=int, default=3, help="how often; each run is printed")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    load = Load(options.senders, options.count, options.size)
    console, runs = Console(), []
    for number in range(options.runs):
        console.print(f"ingest, run {number + 1} of {options.runs} ...")
        with tempfile.TemporaryDirectory(prefix="lookout-bench-") as folder:
            runs.append(asyncio.run(measure(load, Path(folder), options.workers)))
        console.print(_table(runs[-1]))
    figures = {"machine": describe(), "load": vars(options) | {"json": None}, "ingest": runs}
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=2))


def _table(rows: dict[str, dict[str, Any]]) -> Table:
    figures = list(dict.fromkeys(name for row in rows.values() for name in row))
    table = Table("ingest", *rows)
    for name in figures:
        table.add_row(name, *(str(row.get(name, "")) for row in rows.values()))
    return table


if __name__ == "__main__":
    main()
