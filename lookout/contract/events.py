"""Events: the table of every type that Lookout fires, and their shape, which is Home Assistant's.

The set is open: other types are welcome, are kept and are shown by their name.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, JsonValue
from ulid import ULID

from lookout.contract.errors import BadMessage
from lookout.contract.limits import LATEST
from lookout.contract.plain import json_object
from lookout.contract.topics import Word
from lookout.contract.wire import Context, Identifier, Open, validate

Tone = Literal["good", "bad", "warn", "act", "plain"]


@dataclass(frozen=True, slots=True)
class EventType:
    """What a type means: a sentence for people, how it looks, who fires it.

    The sentence may name {node} and {service}. `in_home_assistant`: whether it is one of the types
    of the node's event entity there. `is_routine`: it comes with every picture, and is searchable
    for a shorter time: a node with a picture each ten seconds fires 260,000 of them in 30 days.
    """

    sentence: str
    tone: Tone
    who: Literal["node", "hub"]
    in_home_assistant: bool = False
    is_routine: bool = False


EVENTS: Final = {
    "node_online": EventType("{node} came online", "good", "hub"),
    "node_offline": EventType("{node} went offline", "bad", "hub"),
    "node_silent": EventType("{node} has sent nothing for a while", "warn", "hub", True),
    "node_error": EventType("{node} has a problem", "bad", "node", True),
    "node_checked": EventType("{node} was checked", "good", "node"),
    "image_captured": EventType("{node} took a picture", "good", "node", True, is_routine=True),
    "image_rejected": EventType("A picture of {node} was refused", "bad", "hub", True),
    "reading_rejected": EventType("A reading of {node} was refused", "bad", "hub"),
    "message_rejected": EventType("A message of {node} was refused", "bad", "hub"),
    "message_failed": EventType("A message of {node} could not be handled", "bad", "hub"),
    "capture_failed": EventType("{node} could not take a picture", "bad", "node", True),
    "capture_ok": EventType("{node} takes pictures again", "good", "node", True),
    "motion_started": EventType("Something moves at {node}", "act", "node", True),
    "motion_ended": EventType("{node} is still again", "act", "node", True),
    "light_changed": EventType("The light changed at {node}", "act", "node", True),
    "trigger_fired": EventType("A trigger of {node} fired", "act", "node", True),
    "command_called": EventType("Command “{service}” was called on {node}", "act", "node"),
    "command_failed": EventType("Command “{service}” failed on {node}", "bad", "node", True),
    "settings_rolled_back": EventType("{node} took a setting back", "warn", "node", True),
    "spool_dropped": EventType(
        "{node} had to drop pictures: its spool is full", "warn", "node", True
    ),
    "log_failed": EventType("The hub cannot write its daily log", "bad", "hub"),
    "log_ok": EventType("The hub writes its daily log again", "good", "hub"),
    "spool_failed": EventType(
        "The disk of {node} takes no pictures: they wait in memory", "bad", "node", True
    ),
    "spool_ok": EventType("The disk of {node} takes pictures again", "good", "node", True),
    "image_set_aside": EventType("{node} cannot send a picture and keeps it", "warn", "node", True),
    "link_slow": EventType(
        "The link of {node} is slow: pictures are smaller", "warn", "node", True
    ),
    "link_ok": EventType("The link of {node} carries whole pictures again", "good", "node", True),
    "state_lost": EventType("{node} lost what it had kept over restarts", "bad", "node", True),
    "name_taken": EventType("There are two of the name {node}", "bad", "node", True),
    "name_ok": EventType("There is one {node} again", "good", "node", True),
    "clock_skew": EventType("The clock of {node} is wrong", "warn", "node", True),
    "clock_ok": EventType("The clock of {node} is right again", "good", "node", True),
    "view_problem": EventType("{node} sees badly", "warn", "node", True),
    "view_ok": EventType("{node} sees well again", "good", "node", True),
    "sensor_failed": EventType("A sensor of {node} does not answer", "bad", "node", True),
    "sensor_ok": EventType("A sensor of {node} answers again", "good", "node", True),
    "detector_failed": EventType("{node} cannot watch for motion or light", "bad", "node", True),
    "detector_ok": EventType("{node} watches again", "good", "node", True),
    "person_detected": EventType("A person was seen by {node}", "act", "node", True),
    "people_changed": EventType("The number of people at {node} changed", "act", "node", True),
    "object_detected": EventType(
        "Something was seen by {node}", "act", "hub", True, is_routine=True
    ),
    "zone_changed": EventType("Something came or went in a zone of {node}", "act", "hub", True),
    "storage_pressure": EventType("The hub runs out of memory for pictures", "warn", "hub"),
    "flood_started": EventType(
        "{node} sends too much: what is beyond waits or is dropped", "bad", "hub"
    ),
    "flood_ended": EventType("{node} no longer sends too much", "good", "hub"),
    "events_lost": EventType("Events of {node} never arrived", "bad", "hub"),
    "messages_dropped": EventType("The broker drops messages: a queue is full", "bad", "hub"),
    "messages_ok": EventType("The broker drops no more messages", "good", "hub"),
    "retained_cleared": EventType("{node} let the broker retain what it may not", "warn", "hub"),
    "bridge_online": EventType("The bridge to another site is connected", "good", "hub"),
    "bridge_offline": EventType("The bridge to another site is cut", "bad", "hub"),
}

# By what people look for: what a person may choose of the log with one click.
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "problems": tuple(name for name, each in EVENTS.items() if each.tone in {"bad", "warn"}),
    "motion": ("motion_started", "motion_ended", "light_changed", "trigger_fired"),
    "people": ("person_detected", "people_changed", "object_detected", "zone_changed"),
    "commands": ("command_called", "command_failed", "settings_rolled_back"),
    "presence": ("node_online", "node_offline", "node_silent"),
    "pictures": ("image_captured", "image_rejected", "capture_failed", "capture_ok"),
}
ROUTINE: Final = tuple(name for name, each in EVENTS.items() if each.is_routine)


def event_type(name: str) -> EventType:
    """What is known of a type; one of others is shown by its name."""
    words = name.replace("_", " ").capitalize().replace("{", "{{").replace("}", "}}")
    return EVENTS.get(name) or EventType(words + " at {node}", "plain", "node")


def _dated(moment: datetime) -> datetime:
    """A time without a zone is UTC; what no clock can have said is refused."""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        seconds = moment.timestamp()
    except (OverflowError, ValueError, OSError):
        seconds = -1.0
    if not 0 <= seconds < LATEST:
        raise ValueError("must be a time after 1970 and before the year 5138")
    return moment


class Event(Open):
    """Something that happened, in Home Assistant's shape."""

    event_type: Word
    data: dict[str, JsonValue] = Field(default_factory=dict)
    origin: str = Field("", max_length=64)
    time_fired: Annotated[datetime, AfterValidator(_dated)]
    context: Context = Field(default_factory=Context)
    run: Identifier | None = Field(None, description="of its origin, which numbers what it fires")
    number: int | None = Field(None, ge=1, description="in that run: what is missing was lost")

    @property
    def timestamp(self) -> float:
        """Unix seconds."""
        return self.time_fired.timestamp()

    def ulid(self, topic: str) -> str:
        """A ULID that is the same each time this very event is delivered on `topic`."""
        digest = hashlib.sha256(topic.encode() + self.encode()).digest()[:10]
        milliseconds = max(0, int(self.timestamp * 1000))
        return str(ULID.from_bytes(milliseconds.to_bytes(6, "big") + digest))


def parse_event(payload: bytes, *, event_type: str) -> Event:
    """Read an event from the topic of `event_type`. Raises BadMessage.

    What is not said is filled in: a bare object is an event of the topic's type fired now.
    """
    body = json_object(payload)
    if "event_type" not in body and "data" not in body:
        body = {"data": body}
    body.setdefault("event_type", event_type)
    body.setdefault("time_fired", datetime.now(UTC).isoformat())
    event = validate(Event, body)
    if event.event_type != event_type:
        raise BadMessage(f"event_type = {event.event_type!r}: the topic says {event_type!r}")
    return event
