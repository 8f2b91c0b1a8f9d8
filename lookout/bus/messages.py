"""Everything that travels over MQTT, as frozen models; parsing refuses what is wrong by name.

Unknown fields are refused where Lookout is the only author, and let through where others may
write or where a newer node may say more than this hub knows.
"""

import hashlib
import json
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails
from ulid import ULID

from lookout.bus.topics import NODE_PATTERN, Word, check_node, check_word

IMAGE_TYPE: Final = "image/jpeg"
SET: Final = "set"  # the service whose `ttl` is a setting, not the command's time to live
LONGEST_TTL: Final = 10 * 365 * 86_400  # seconds that a node may want an image to be kept
TRIGGERS: Final = ("interval", "schedule", "command", "motion", "gpio", "start")

Status = Literal["online", "offline"]
Identifier = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_.:-]{1,64}$")]
Who = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,100}$")]
ImageId = Annotated[str, StringConstraints(pattern=rf"^{NODE_PATTERN}:[0-9]{{1,15}}$")]
Finite = Annotated[float, Field(allow_inf_nan=False)]
M = TypeVar("M", bound="Wire")

_FLAT_CONTEXT: Final = {"id": "context_id", "parent_id": "parent_id"}
_METRIC = re.compile(r"[a-z][a-z0-9_]{0,31}")
_LIMITS: Final[dict[str, tuple[float, float]]] = {
    "lux": (0.0, 1e6),
    "temperature": (-100.0, 200.0),  # degrees C
    "humidity": (0.0, 100.0),  # per cent
    "pressure": (0.0, 2000.0),  # hPa
    "cpu_temperature": (-100.0, 200.0),  # degrees C
}


class BadMessage(ValueError):
    """A payload or property the contract does not allow; the message names it."""


class Wire(BaseModel):
    """What every message shares: frozen, finite numbers, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def encode(self) -> bytes:
        """The message as compact JSON, without what is not set."""
        return self.model_dump_json(exclude_none=True).encode()


class Open(Wire):
    """A message that others write too, or that may grow: unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


def new_id() -> str:
    """A new ULID: 26 characters, sorts by time."""
    return str(ULID())


def time_of_id(identifier: str | None) -> float | None:
    """The Unix time inside a ULID, or None where the identifier is not one."""
    try:
        return ULID.from_str(identifier).timestamp if identifier else None
    except ValueError:
        return None


def image_id(node: str, milliseconds: int) -> str:
    """The id of an image: the node and the Unix milliseconds of its capture."""
    return f"{node}:{milliseconds}"


def split_image_id(identifier: str) -> tuple[str, int]:
    """Node and milliseconds of an image id. Raises BadMessage when it is not one."""
    node, _, milliseconds = identifier.partition(":")
    if not (milliseconds.isascii() and milliseconds.isdecimal() and len(milliseconds) <= 15):
        raise BadMessage(f"id = {_short(identifier)}: not NODE:MILLISECONDS")
    return check_node(node), int(milliseconds)


class Context(Wire):
    """Who caused this: an id of its own and the id of its cause, as in Home Assistant."""

    id: Identifier = Field(default_factory=new_id)
    parent_id: Identifier | None = None

    def child(self) -> "Context":
        """A new context caused by this one."""
        return Context(parent_id=self.id)


def _lenient_json(value: object) -> object:
    return json.loads(value) if isinstance(value, str) and value else value


class ImageMeta(Open):
    """What is known of an image besides its bytes: the MQTT 5 user properties, all optional."""

    id: ImageId | None = None
    timestamp: Finite | None = Field(None, description="Unix seconds, millisecond precision")
    lux: float | None = Field(None, ge=0, le=1e6)
    temperature: float | None = Field(None, ge=-100, le=200, description="degrees C")
    width: int | None = Field(None, gt=0)
    height: int | None = Field(None, gt=0)
    trigger: Word | None = None
    context_id: Identifier | None = None
    parent_id: Identifier | None = None
    ttl: int | None = Field(
        None, ge=0, le=LONGEST_TTL, description="seconds it wants to be kept; 0: as the hub is set"
    )
    meta: Annotated[dict[str, JsonValue] | None, BeforeValidator(_lenient_json)] = None

    @classmethod
    def from_properties(cls, properties: Mapping[str, str]) -> Self:
        """Read MQTT 5 user properties. Raises BadMessage naming each wrong one."""
        try:
            return cls.model_validate(
                {key: value for key, value in properties.items() if value != ""}
            )
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


class Reading(Wire):
    """What sensors said at one time: `timestamp` and any number of metrics, all numbers."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)
    __pydantic_extra__: dict[str, float]

    timestamp: Finite | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, value in self.metrics.items():
            if not _METRIC.fullmatch(name):
                raise ValueError(f"{_short(name)} is not a metric's name (a-z, 0-9 and _)")
            low, high = _LIMITS.get(name, (-1e15, 1e15))
            if not low <= value <= high:
                raise ValueError(f"{name} = {value}: must be from {low:g} to {high:g}")
        if len(self.metrics) > 64:
            raise ValueError(f"{len(self.metrics)} metrics: at most 64 are allowed")
        return self

    @property
    def metrics(self) -> dict[str, float]:
        return self.__pydantic_extra__


class Info(Open):
    """What a node says about itself, retained."""

    version: str = ""
    host: str = ""
    model: str | None = Field(None, description="the computer, such as Raspberry Pi 4 Model B")
    camera: str | None = Field(None, description="the sensor's model, or the source's name")
    resolution: tuple[int, int] | None = None
    services: tuple[str, ...] = ()
    live_url: str | None = None
    started_at: float | None = Field(None, description="Unix seconds")
    spool_depth: int | None = Field(None, ge=0, description="captures not yet stored by the hub")
    spool_bytes: int | None = Field(None, ge=0)
    spool_dropped: int | None = Field(None, ge=0, description="captures lost since the start")
    interval: float | None = Field(None, description="seconds between captures")
    quality: int | None = None
    ttl: int | None = Field(None, description="seconds its images are kept; 0: as the hub is set")
    clock_skew: float | None = Field(None, description="seconds this node is ahead of the hub")
    lights: dict[str, bool] | None = Field(None, description="which of its lamps are on")
    last_capture: float | None = Field(None, description="Unix seconds")
    picture_too_old: bool | None = None
    failure: str | None = Field(None, description="why the last capture failed, if it did")
    motion: bool | None = Field(None, description="whether motion is looked for; None: cannot be")
    moving: tuple[str, ...] | None = Field(None, description="regions in which something moves now")
    lighted: tuple[str, ...] | None = Field(None, description="regions that are lighted now")
    exposure_value: float | None = Field(None, description="stops; only of cameras that take it")
    enabled: bool | None = Field(None, description="whether pictures are taken at all")
    preset: str | None = Field(None, description="the one whose values hold now; None: none's do")
    presets: tuple[str, ...] | None = Field(None, description="what `set preset` takes")
    size: tuple[int, int] | None = Field(None, description="the one of `sizes` that is set")
    sizes: tuple[tuple[int, int], ...] | None = Field(None, description="some of `resolution`")
    picture_bytes: int | None = Field(None, ge=0, description="of the last picture")


class HubInfo(Open):
    """What the hub says of itself, retained."""

    version: str = ""
    nodes: int = Field(ge=0)
    nodes_online: int = Field(ge=0)
    images: int = Field(ge=0, description="stored now")
    events_today: int = Field(ge=0, description="in the last 24 hours")
    memory_used: int = Field(ge=0, description="bytes, of Redis")
    memory_share: float | None = Field(None, ge=0, description="of Redis' limit; None: no limit")
    images_per_minute: float | None = Field(None, ge=0, description="in the last five minutes")


class IngestInfo(Open):
    """What an ingest worker says of the store, retained."""

    pressure: bool = Field(description="whether Redis is nearly full or throws pictures out")


class Event(Open):
    """Something that happened, in Home Assistant's shape."""

    event_type: Word
    data: dict[str, JsonValue] = Field(default_factory=dict)
    origin: str = Field("", max_length=64)
    time_fired: datetime
    context: Context = Field(default_factory=Context)

    @property
    def timestamp(self) -> float:
        """Unix seconds."""
        return self.time_fired.timestamp()

    def ulid(self, topic: str) -> str:
        """A ULID that is the same each time this very event is delivered on `topic`."""
        digest = hashlib.sha256(topic.encode() + self.encode()).digest()[:10]
        milliseconds = max(0, int(self.timestamp * 1000))
        return str(ULID.from_bytes(milliseconds.to_bytes(6, "big") + digest))


class Rejection(Wire):
    """One image the hub will never store, and why."""

    id: str
    reason: str


class Receipt(Open):
    """What the hub has on disk, and what it refused: the spool may let all of these go."""

    ids: tuple[str, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    time: Finite | None = Field(None, description="Unix seconds by the hub's clock")


class Failure(Wire):
    """Why a command did not do what was asked."""

    code: Word
    message: str


class Result(Wire):
    """What became of a command."""

    ok: bool
    service: str
    node: str
    id: Identifier | None = None
    data: dict[str, JsonValue] = Field(default_factory=dict)
    error: Failure | None = None
    context: Context = Field(default_factory=Context)


class Detection(Wire):
    """What the analytics service saw in an image."""

    image_id: ImageId
    timestamp: Finite
    people: int = Field(ge=0)
    boxes: tuple[tuple[float, float, float, float], ...] = ()


class Command(Wire):
    """A call of a service on a node."""

    service: Word
    id: Identifier | None = Field(None, description="run once: a repeat gets the first result")
    at: Finite | None = Field(None, ge=0, description="Unix time to act at")
    ttl: Finite | None = Field(None, gt=0, description="seconds after which it is refused")
    context: Context = Field(default_factory=Context)
    asked_by: Who | None = Field(None, description="such as automation.front_door, for people")
    arguments: dict[str, JsonValue] = Field(default_factory=dict)

    def encode(self) -> bytes:
        """As on the wire: the arguments beside id, at, ttl, context and asked_by.

        The `ttl` of `set` is not written: there it names a setting, and the time to live of the
        command is the message's expiry alone.
        """
        hidden = {"service", "arguments", *({"ttl"} if self.service == SET else ())}
        body = self.model_dump(mode="json", exclude_none=True, exclude=hidden)
        return json.dumps({**self.arguments, **body}, separators=(",", ":")).encode()

    def expires_at(self, received: float) -> float | None:
        """Unix time after which it must be refused; None when it never expires.

        The time to live counts from `at`, else from the time inside a ULID given as id or
        context, else from when it was received.
        """
        if self.ttl is None:
            return None
        sent = time_of_id(self.id) or time_of_id(self.context.id) or received
        return (self.at if self.at is not None else min(sent, received)) + self.ttl


def parse_command(service: str, payload: bytes, properties: Mapping[str, str]) -> Command:
    """Read a command. An empty payload or PRESS means no arguments. Raises BadMessage."""
    body = {} if payload.strip() in (b"", b"PRESS") else _json_object(payload)
    context = body.pop("context", None)
    if context is None:
        flat = {key: _pop(body, properties, name) for key, name in _FLAT_CONTEXT.items()}
        context = {key: value for key, value in flat.items() if value is not None}
    names = ("id", "at") if service == SET else ("id", "at", "ttl")
    own = {key: body.pop(key) for key in names if body.get(key) is not None}
    own["asked_by"] = _pop(body, properties, "asked_by")
    try:
        return Command.model_validate(
            {"service": check_word(service), **own, "context": context, "arguments": body}
        )
    except ValidationError as error:
        raise BadMessage(explain(error)) from None


def parse_reading(payload: bytes) -> Reading:
    """Read a reading. Raises BadMessage."""
    return _parse(Reading, payload)


def parse_event(payload: bytes, *, event_type: str) -> Event:
    """Read an event from the topic of `event_type`. Raises BadMessage.

    What is not said is filled in: a bare object is an event of the topic's type fired now.
    """
    body = _json_object(payload)
    if "event_type" not in body and "data" not in body:
        body = {"data": body}
    body.setdefault("event_type", event_type)
    body.setdefault("time_fired", datetime.now(UTC).isoformat())
    event = _validate(Event, body)
    if event.event_type != event_type:
        raise BadMessage(f"event_type = {event.event_type!r}: the topic says {event_type!r}")
    return event


def parse_info(payload: bytes) -> Info:
    """Read a node's description of itself. Raises BadMessage."""
    return _parse(Info, payload)


def parse_receipt(payload: bytes) -> Receipt:
    """Read a receipt. Raises BadMessage."""
    return _parse(Receipt, payload)


def parse_result(payload: bytes) -> Result:
    """Read a command's result. Raises BadMessage."""
    return _parse(Result, payload)


def parse_status(payload: bytes) -> Status:
    """Read `online` or `offline`. Raises BadMessage."""
    match payload:
        case b"online":
            return "online"
        case b"offline":
            return "offline"
    raise BadMessage(f"status = {_short(payload.decode(errors='replace'))}: online or offline")


def explain(error: ValidationError) -> str:
    """A validation error as one sentence: each field, its value and what is allowed."""
    return "; ".join(map(_explain_one, error.errors(include_url=False)))


def _explain_one(item: ErrorDetails) -> str:
    what = item["msg"].removeprefix("Value error, ")
    name = ".".join(map(str, item["loc"]))
    return f"{name} = {_short(item['input'])}: {what}" if name else what


def now() -> float:
    """Unix seconds, to the millisecond."""
    return round(time.time(), 3)


def _parse(model: type[M], payload: bytes) -> M:
    return _validate(model, _json_object(payload))


def _validate(model: type[M], body: dict[str, Any]) -> M:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise BadMessage(explain(error)) from None


def _json_object(payload: bytes) -> dict[str, Any]:
    try:
        body = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise BadMessage(f"the payload is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise BadMessage(f"the payload is {_short(body)}: a JSON object is needed")
    return body


def _pop(body: dict[str, Any], properties: Mapping[str, str], key: str) -> Any:
    return body.pop(key, None) or properties.get(key)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:80] + "..."
