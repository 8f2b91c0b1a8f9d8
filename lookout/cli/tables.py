"""What the commands print: tables and ages for people, JSON for programs."""

import json
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

NOTHING: Final = "-"
_PIPE_WIDTH: Final = 240  # columns where no terminal says how many it has: cut nothing
_AGES: Final = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))  # seconds of each unit
_STALE, _OLD = 120.0, 900.0  # seconds without a sign until yellow, until red

Cell = str | Text


def console() -> Console:
    """Standard output as rich sees it."""
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    return Console(width=width, highlight=False, emoji=False, markup=False)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """A table; a column whose title ends in `>` holds numbers and is set flush right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in columns:
        name = title.removesuffix(">")
        table.add_column(name, justify="right" if name != title else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(c)) if isinstance(c, str) else c for c in row))
    console().print(table)


def print_json(document: Any) -> None:
    """One JSON document, readable."""
    print(json.dumps(document, indent=2, ensure_ascii=False))


def print_json_line(document: Any) -> None:
    """One JSON document on one line, written at once."""
    print(json.dumps(document, ensure_ascii=False), flush=True)


def printable(text: str) -> str:
    """Without control characters: what a node says must not steer the terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def number(value: float | None, digits: int = 1) -> str:
    """A number, or a dash for what is not known."""
    return NOTHING if value is None else f"{value:.{digits}f}".rstrip("0").rstrip(".") or "0"


def degrees(celsius: float | None) -> str:
    """A temperature, or a dash for what is not known."""
    return NOTHING if celsius is None else f"{celsius:.1f} °C"


def age(since: float | None) -> Text:
    """How long ago a Unix time was, coloured by its age; a dash for never."""
    if since is None:
        return Text(NOTHING)
    seconds = max(0.0, time.time() - since)
    style = "green" if seconds < _STALE else "yellow" if seconds < _OLD else "red"
    return Text(f"{span(seconds)} ago", style=style)


def span(seconds: float) -> str:
    """A length of time in its largest whole unit, such as `3 min`."""
    for size, unit in _AGES:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "0 s"


def clock(timestamp: float) -> str:
    """A Unix time as the local date and time."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(timestamp))
