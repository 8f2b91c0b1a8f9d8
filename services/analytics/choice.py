"""Which images are looked at when there are too many. Pure."""

import math
from collections.abc import Sequence

from lookout.store.groups import Entry


def stored_at(entry: Entry) -> float:
    """When an image was stored, Unix seconds by Redis' clock: its entry's id says it."""
    return int(entry.id.partition("-")[0]) / 1000


def newest_first(entries: Sequence[Entry]) -> list[Entry]:
    """By when they were taken."""
    return sorted(entries, key=taken_at, reverse=True)


def taken_at(entry: Entry) -> float:
    """Unix seconds; when it was stored, where the entry does not say (others may not)."""
    try:
        at = float(entry.fields["timestamp"])
    except (KeyError, ValueError):
        at = math.nan
    return at if math.isfinite(at) else stored_at(entry)


def spread(entries: Sequence[Entry], room: int) -> tuple[list[Entry], list[Entry]]:
    """Of entries in their order, `room` to keep and the rest: evenly over the time they span.

    The newest of each node is kept first.
    """
    if len(entries) <= room:
        return list(entries), []
    newest: dict[str | None, str] = {}
    for entry in reversed(entries):
        newest.setdefault(entry.fields.get("node"), entry.id)
    kept = set(list(newest.values())[:room])
    others = [entry for entry in entries if entry.id not in kept]
    if (left := room - len(kept)) > 0:
        kept |= {others[number * len(others) // left].id for number in range(left)}
    return (
        [entry for entry in entries if entry.id in kept],
        [entry for entry in entries if entry.id not in kept],
    )
