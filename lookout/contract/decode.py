"""The one way in: a payload of any kind becomes a model or a BadMessage, whatever the bytes are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lookout.contract.commands import parse_command, parse_result
from lookout.contract.errors import BadMessage
from lookout.contract.events import parse_event
from lookout.contract.hub import HubInfo, parse_receipt
from lookout.contract.images import ImageMeta
from lookout.contract.limits import PAYLOADS
from lookout.contract.nodes import Detection, parse_info, parse_status
from lookout.contract.readings import parse_reading
from lookout.contract.wire import Wire


@dataclass(frozen=True, slots=True)
class Raw:
    """What arrived: a payload, user properties, and the name at the end of the topic, if any."""

    payload: bytes
    properties: Mapping[str, str] = field(default_factory=dict)
    name: str = ""


# Each kind of topics.Address, but `preview`, which is a picture.
KINDS: Final[Mapping[str, Callable[[Raw], Wire | str]]] = {
    "status": lambda raw: parse_status(raw.payload),
    "hub_status": lambda raw: parse_status(raw.payload),
    "info": lambda raw: parse_info(raw.payload),
    "hub_info": lambda raw: HubInfo.decode(raw.payload),
    "image": lambda raw: ImageMeta.from_properties(raw.properties),
    "reading": lambda raw: parse_reading(raw.payload),
    "event": lambda raw: parse_event(raw.payload, event_type=raw.name),
    "command": lambda raw: parse_command(raw.name, raw.payload, raw.properties),
    "result": lambda raw: parse_result(raw.payload),
    "stored": lambda raw: parse_receipt(raw.payload),
    "detection": lambda raw: Detection.decode(raw.payload),
}


def decode(kind: str, raw: Raw) -> Any:
    """The model that `raw` is, by its kind. Raises BadMessage, and nothing else."""
    most = PAYLOADS.get(kind)
    if most is not None and len(raw.payload) > most:
        raise BadMessage(f"{len(raw.payload)} bytes: at most {most} are taken as {kind}")
    try:
        return KINDS[kind](raw)
    except BadMessage:
        raise
    except Exception as error:  # what nobody foresaw is the message's fault, not the service's end
        raise BadMessage(f"the {kind} cannot be read: {type(error).__name__}") from error
