"""Times, sizes and events in words that people use."""

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from lookout.contract.events import event_type

TRIGGERS: Final[Mapping[str, str]] = {
    "interval": "The node's own timer asked for it",
    "schedule": "The node's schedule asked for it",
    "command": "A command asked for it",
    "motion": "Motion in front of the camera triggered it",
    "gpio": "A button or sensor wired to the node triggered it",
    "start": "The node took it when it started",
}
_REASONS: Final = ("message", "reason", "error", "description")
_ENTITY = re.compile(r"(automation|script|scene|person)\.([a-z0-9_]+)")  # of Home Assistant


def event(row: Mapping[str, Any]) -> str:
    """What happened, as a sentence without a full stop."""
    data = row.get("data") or {}
    sentence = event_type(row["event_type"]).sentence
    return sentence.format(node=row["node"], service=data.get("service", "?"))


def reason(row: Mapping[str, Any]) -> str:
    """Why it happened, or who asked for it, where the event says so; else nothing."""
    data = row.get("data") or {}
    if data.get("asked_by"):
        return f"asked by {_who(str(data['asked_by']))}"
    return next((str(data[name]) for name in _REASONS if data.get(name)), "")


def ago(timestamp: float | None, now: float | None = None) -> str:
    """How long ago, roughly."""
    if timestamp is None:
        return "never"
    seconds = (time.time() if now is None else now) - timestamp
    if seconds < -60:
        return "in the future"
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit} ago"
    return "now" if seconds < 2 else f"{seconds // 1:.0f} s ago"


def length(seconds: float) -> str:
    """A length of time, roughly."""
    for size, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.2g} s"


def clock(timestamp: float) -> str:
    """Time of day in the hub's zone."""
    return _local(timestamp).strftime("%H:%M:%S")


def day(timestamp: float) -> str:
    """Date in the hub's zone, such as Friday, 6 June 2025."""
    local = _local(timestamp)
    return f"{local:%A}, {local.day} {local:%B %Y}"


def iso(timestamp: float) -> str:
    """For machines: UTC, to the millisecond."""
    moment = datetime.fromtimestamp(timestamp, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def size(number: float) -> str:
    """Bytes, with a unit of 1000s."""
    for unit in ("bytes", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:.3g} GB"


def number(value: float, digits: int | None = None) -> str:
    """A measurement: one decimal below 100, none above, and no zeros at the end."""
    if digits is None:
        digits = 0 if abs(value) >= 100 else 1
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _who(asked_by: str) -> str:
    """`automation.front_door` as people read it; anything else as it is."""
    entity = _ENTITY.fullmatch(asked_by)
    return f"{entity[1]} “{entity[2].replace('_', ' ')}”" if entity else asked_by


def _local(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC).astimezone()
