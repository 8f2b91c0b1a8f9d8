"""What was told as begun and not as ended, of the last days: one line for each."""

import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from lookout.amounts.ranges import Range
from lookout.cli import tables
from lookout.cli.doctor.finding import Finding, good, wrong
from lookout.contract.events import event_type
from lookout.contract.plain import json_or_none
from lookout.store.client import Client
from lookout.store.events import Events
from lookout.store.search import Cursor, Query, Row

DAYS: Final = 7
MOST: Final = 2_000  # events that are looked at
PAGE: Final = 200
# What begins, what ends it, and what to do where the event itself does not say.
STATES: Final = {
    "name_taken": ("name_ok", "give one of the two another name"),
    "clock_skew": ("clock_ok", "set it by NTP (docs/clocks.md)"),
    "log_failed": ("log_ok", "make room on the hub's disk"),
    "messages_dropped": ("messages_ok", "see that all services of the hub run"),
    "flood_started": ("flood_ended", "see what it sends, with `lookout watch`"),
    "spool_failed": ("spool_ok", "make room on its disk, or take a new card"),
    "link_slow": ("link_ok", "take pictures less often, or bring it nearer"),
    "capture_failed": ("capture_ok", "`lookout camera check` there"),
}
_ENDS: Final = {end: begin for begin, (end, _) in STATES.items()}


async def look(client: Client) -> AsyncIterator[Finding]:
    """What goes on. Events that say the same of the same are one."""
    rows, are_all = await _newest(Events(client))
    found = [*open_states(rows)]
    for row in found:
        yield wrong(_about(row), _says(row))
    if not are_all:
        yield wrong(
            "troubles",
            f"so much began and ended in the last {DAYS} days that only the newest {len(rows):,} "
            "were looked at: see the gallery's Events for who fires so much.",
        )
    elif not found:
        yield good("troubles", f"nothing that was told in the last {DAYS} days still goes on.")


def open_states(rows: Iterable[Row]) -> Iterator[Row]:
    """Those that have begun and not ended; `rows` are the newest first."""
    seen = set()
    for row in rows:
        name = row["event_type"]
        data = _data(row)
        which = row["node"], _ENDS.get(name, name), data.get("name") or data.get("kind")
        if which not in seen and name in STATES:
            yield row
        seen.add(which)


async def _newest(events: Events) -> tuple[list[Row], bool]:
    """Those that say that a state begins or ends, the newest first, and whether these are all."""
    rows: list[Row] = []
    query = Query(
        tags={"event_type": (*STATES, *_ENDS)},
        ranges={"timestamp": Range(low=time.time() - DAYS * 86_400)},
        limit=PAGE,
    )
    while len(rows) < MOST:
        page = await events.page(query)
        rows += page.rows
        if page.next is None:
            return rows, True
        query = replace(query, cursor=Cursor.decode(page.next))
    return rows, False


def _about(row: Row) -> str:
    return "hub" if row["node"] == "hub" else f"node {row['node']}"


def _says(row: Row) -> str:
    data = _data(row)
    sentence = event_type(row["event_type"]).sentence.format(node=row["node"], service="")
    reason = f" ({data['reason']})" if data.get("reason") else ""
    advice = str(data.get("advice") or STATES[row["event_type"]][1]).rstrip(".")
    since = tables.span(max(0.0, time.time() - float(row["timestamp"])))
    return tables.printable(f"{sentence}{reason}, for {since}: {advice}.")


def _data(row: Row) -> dict[str, Any]:
    found = json_or_none(row.get("data", "{}"))
    return found if isinstance(found, dict) else {}
