"""An image's fields, and what a sender says of it in MQTT 5 user properties."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, JsonValue, StringConstraints, ValidationError

from lookout.contract.errors import BadMessage, explain, short
from lookout.contract.limits import LONGEST_LIFE, LONGEST_META
from lookout.contract.plain import is_text, json_value
from lookout.contract.topics import NODE_PATTERN, Word, check_node
from lookout.contract.wire import Finite, Identifier, Open, Said

IMAGE_TYPE: Final = "image/jpeg"
PERSON: Final = "person"  # the label of people, as COCO's names have it
LONGEST_CLAIM: Final = 100  # characters of a refused id that are repeated
LONGEST_TTL: Final = LONGEST_LIFE  # seconds that a node may want an image to be kept
TRIGGERS: Final = ("interval", "schedule", "command", "motion", "gpio", "start")

ImageId = Annotated[str, StringConstraints(pattern=rf"^{NODE_PATTERN}:[0-9]{{1,15}}$")]


def image_id(node: str, milliseconds: int) -> str:
    """The id of an image: the node and the Unix milliseconds of its capture."""
    return f"{node}:{milliseconds}"


def split_image_id(identifier: str) -> tuple[str, int]:
    """Node and milliseconds of an image id. Raises BadMessage when it is not one."""
    node, _, milliseconds = identifier.partition(":")
    if not (milliseconds.isascii() and milliseconds.isdecimal() and len(milliseconds) <= 15):
        raise BadMessage(f"id = {short(identifier)}: not NODE:MILLISECONDS")
    return check_node(node), int(milliseconds)


def claimed_id(properties: Mapping[str, str]) -> str:
    """The id that a sender gave, whatever it is worth, bounded; empty without one."""
    return properties.get("id", "")[:LONGEST_CLAIM]


def _lenient_json(value: object) -> object:
    """JSON as what it says. What is too long is left out: the picture matters more."""
    if isinstance(value, str) and len(value) > LONGEST_META:
        return {"left_out": f"{len(value)} characters: at most {LONGEST_META} are kept"}
    return json_value(value, what="property meta") if isinstance(value, str) and value else value


@dataclass(frozen=True, slots=True)
class Column:
    """How a field is kept and shown: its kind in the hash, its index, its name and unit for people.

    What is `ranged` can be asked for from one number to another, and sorted by; `asked` is the name
    by which people ask for one of several words.
    """

    kind: Literal["text", "number", "whole", "json"] = "text"
    index: Literal["tag", "number"] | None = None
    label: str = ""
    unit: str = ""
    ranged: bool = False
    asked: str = ""


class Told(Open):
    """What a sender may say of an image and the hub keeps. A new field is one line here."""

    timestamp: Annotated[Said, Column("number", "number")] = Field(
        None, description="capture, Unix seconds, millisecond precision"
    )
    lux: Annotated[float | None, Column("number", "number", "Light", "lx", ranged=True)] = Field(
        None, ge=0, le=1e6
    )
    temperature: Annotated[
        float | None, Column("number", "number", "Temperature", "°C", ranged=True)
    ] = Field(None, ge=-100, le=200, description="degrees C")
    width: Annotated[int | None, Column("whole")] = Field(None, gt=0)
    height: Annotated[int | None, Column("whole")] = Field(None, gt=0)
    trigger: Annotated[Word | None, Column(index="tag", label="Trigger", asked="trigger")] = None
    context_id: Annotated[Identifier | None, Column(index="tag", label="Context")] = None
    parent_id: Annotated[Identifier | None, Column(index="tag")] = None
    meta: Annotated[dict[str, JsonValue] | None, BeforeValidator(_lenient_json), Column("json")] = (
        None
    )


class ImageFields(Told):
    """All that the hub keeps of an image besides its bytes. A field of ours is one line here."""

    node: Annotated[str, Column(index="tag", asked="node")]
    received_at: Annotated[float | None, Column("number")] = Field(None, description="Unix seconds")
    mime_type: Annotated[str | None, Column(index="tag", label="Type")] = None
    size: Annotated[int | None, Column("whole", "number")] = Field(None, description="bytes")
    people: Annotated[int | None, Column("whole", "number", "People", ranged=True)] = None
    boxes: Annotated[list[Any] | None, Column("json")] = Field(
        None, description="x, y, width, height in per cent, those of people first"
    )
    labels: Annotated[str | None, Column(index="tag", label="Seen", asked="label")] = Field(
        None, description="what is in each of the boxes, with commas between"
    )
    zones: Annotated[str | None, Column(index="tag", label="In", asked="zone")] = Field(
        None, description="the zones in which some of them are, with commas between"
    )
    tags: Annotated[str | None, Column(index="tag", asked="tag")] = Field(
        None, description="what people call it, with commas between"
    )
    note: Annotated[str | None, Column()] = Field(None, description="what people wrote of it")
    detector: Annotated[str | None, Column(label="Seen by")] = Field(
        None, description="the model and its version, where it was not the camera itself"
    )
    detect_ms: Annotated[float | None, Column("number")] = Field(
        None, description="milliseconds that it took"
    )
    damaged: Annotated[int | None, Column("whole")] = Field(
        None, description="1 when the end of the picture is missing"
    )
    dated_by: Annotated[str | None, Column()] = Field(
        None, description="whose clock `timestamp` is of, where they did not agree: node or hub"
    )
    node_time: Annotated[float | None, Column("number")] = Field(
        None, description="capture by the node's clock, where it was not believed, Unix seconds"
    )
    hub_time: Annotated[float | None, Column("number")] = Field(
        None, description="capture by the hub's clock, where the node's was not believed"
    )


def _columns(model: type[Told]) -> dict[str, Column]:
    found = {
        name: next((each for each in info.metadata if isinstance(each, Column)), None)
        for name, info in model.model_fields.items()
    }
    return {name: column for name, column in found.items() if column is not None}


IMAGE_FIELDS: Final = _columns(ImageFields)  # properties, hash, index, API, pages, columns
TOLD: Final = tuple(_columns(Told))


def _is_ascii(values: Collection[object]) -> bool:
    """Whether all is such text, as nearly always: then nothing more needs to be looked at."""
    return all(isinstance(value, str) and value.isascii() for value in values)


def _check_text(said: Mapping[str, object]) -> None:
    for key, value in said.items():
        if not isinstance(value, str) or not is_text(value):
            raise BadMessage(f"{key} = {short(value)}: not text")


class ImageMeta(Told):
    """What a sender says of an image: the MQTT 5 user properties, all optional."""

    id: ImageId | None = None
    ttl: int | None = Field(
        None, ge=0, le=LONGEST_TTL, description="seconds it wants to be kept; 0: as the hub is set"
    )
    clock: Identifier | None = Field(
        None,
        description="by which setting of the node's clock its times are: another one after each "
        "start of the computer and each time that the clock was set",
    )
    skew: Finite | None = Field(
        None, description="seconds by which that clock is ahead of the hub's; None: not known yet"
    )
    skew_by: Identifier | None = Field(
        None, description="by which setting of the hub's clock that is, as its receipt said"
    )
    age: Finite | None = Field(
        None, ge=0, description="seconds since the capture when it was sent, by no clock's time"
    )

    @classmethod
    def from_properties(cls, properties: Mapping[str, str]) -> Self:
        """Read MQTT 5 user properties. Raises BadMessage naming each wrong one."""
        said = {key: value for key, value in properties.items() if value != ""}
        if not _is_ascii(said.values()):
            _check_text({key: said[key] for key in said.keys() & cls.model_fields.keys()})
        try:
            return cls.model_validate(said)
        except ValidationError as error:
            raise BadMessage(explain(error)) from None

    def to_properties(self) -> dict[str, str]:
        """The user properties that say the same."""
        values = self.model_dump(exclude_none=True, exclude={"meta", "timestamp"})
        properties = {key: str(value) for key, value in values.items()}
        if self.timestamp is not None:
            properties["timestamp"] = f"{self.timestamp:.3f}"
        if self.meta:
            properties["meta"] = json.dumps(self.meta, separators=(",", ":"))
        return properties
