"""An event in words, for the log file and for searching."""

from pydantic import JsonValue

from lookout.contract.events import Event

LONGEST = 1_000  # characters


def describe(event: Event) -> str:
    """The event's data as `name=value` words."""
    words = [f"{name}={_short(value)}" for name, value in event.data.items()]
    return " ".join(words)[:LONGEST]


def searchable(event: Event, node: str) -> str:
    """What a search by words finds: node, type and data, names split into their words."""
    return " ".join((node, event.event_type.replace("_", " "), describe(event)))


def _short(value: JsonValue) -> str:
    if isinstance(value, dict | list):
        return f"({len(value)} items)" if len(str(value)) > 200 else str(value)
    return str(value)[:200]
