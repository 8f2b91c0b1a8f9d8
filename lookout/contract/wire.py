"""What every message is made of: the two kinds of models, and the types that many share."""

import time
from collections.abc import Mapping
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from ulid import ULID

from lookout.contract import limits
from lookout.contract.errors import BadMessage, explain
from lookout.contract.plain import json_object

Identifier = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_.:-]{1,64}$")]
Who = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,100}$")]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Moment = Annotated[float, Field(ge=0, lt=limits.LATEST, allow_inf_nan=False)]  # Unix seconds
M = TypeVar("M", bound="Wire")


def _a_time(said: float | None) -> float | None:
    """1e308 is no clock's time, and would be kept with 308 digits: it counts as not said."""
    return None if said is None or abs(said) > limits.FARTHEST_SAID else said


# Unix seconds by whatever clock, right or not; the hub keeps it beside its own.
Said = Annotated[Finite | None, AfterValidator(_a_time)]


class Wire(BaseModel):
    """What every message shares: frozen, finite numbers, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def encode(self) -> bytes:
        """The message as compact JSON, without what is not set."""
        return self.model_dump_json(exclude_none=True).encode()

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read the message. Raises BadMessage."""
        return validate(cls, json_object(payload))


class Open(Wire):
    """A message that others write too, or that may grow: unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


def validate(model: type[M], body: Mapping[str, Any]) -> M:
    """A model of plain values. Raises BadMessage naming each wrong field."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise BadMessage(explain(error, model)) from None


def new_id() -> str:
    """A new ULID: 26 characters, sorts by time."""
    return str(ULID())


def time_of_id(identifier: str | None) -> float | None:
    """The Unix time inside a ULID, or None where the identifier is not one."""
    try:
        return ULID.from_str(identifier).timestamp if identifier else None
    except ValueError:
        return None


def now() -> float:
    """Unix seconds, to the millisecond."""
    return round(time.time(), 3)


class Context(Wire):
    """Who caused this: an id of its own and the id of its cause, as in Home Assistant."""

    id: Identifier = Field(default_factory=new_id)
    parent_id: Identifier | None = None

    def child(self) -> "Context":
        """A new context caused by this one."""
        return Context(parent_id=self.id)
