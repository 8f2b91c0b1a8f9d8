"""Two models beside each other: where they differ, and what each costs."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final, Protocol

from lookout.cli import tables
from lookout.vision.objects.thing import Thing, people

COLUMNS: Final = ("Picture", "1: people>", "2: people>", "1: ms>", "2: ms>", "")


class Seen(Protocol):
    """A picture that a model has looked at."""

    @property
    def name(self) -> str: ...
    @property
    def things(self) -> Sequence[Thing]: ...
    @property
    def milliseconds(self) -> float: ...
    @property
    def problem(self) -> str: ...


def show(names: tuple[str, str], first: Sequence[Seen], second: Sequence[Seen]) -> None:
    """A row for each picture, then the sum of them."""
    tables.print_table(COLUMNS, [_row(*pair) for pair in zip(first, second, strict=True)])
    usable = [pair for pair in zip(first, second, strict=True) if not pair[0].problem]
    counts = [tuple(people(each.things) for each in pair) for pair in usable]
    print(f"1: {names[0]}, {_cost([pair[0] for pair in usable])}")
    print(f"2: {names[1]}, {_cost([pair[1] for pair in usable])}")
    print(
        f"Of {len(counts)} pictures: as many people in {sum(a == b for a, b in counts)}; "
        f"people in both {sum(a > 0 < b for a, b in counts)}, "
        f"by 1 alone {sum(a > 0 == b for a, b in counts)}, "
        f"by 2 alone {sum(a == 0 < b for a, b in counts)}, "
        f"by neither {sum(a == b == 0 for a, b in counts)}."
    )


def _row(first: Seen, second: Seen) -> tuple[tables.Cell, ...]:
    none, shown = tables.NOTHING, Path(first.name).name
    if first.problem:
        return shown, none, none, none, none, first.problem
    numbers = (people(first.things), people(second.things))
    return (
        shown,
        *map(str, numbers),
        f"{first.milliseconds:.0f}",
        f"{second.milliseconds:.0f}",
        "" if numbers[0] == numbers[1] else "differ",
    )


def _cost(looked: Sequence[Seen]) -> str:
    if not looked:
        return "no picture that it could look at"
    return f"half of the pictures within {median(each.milliseconds for each in looked):.0f} ms"
