"""What may stand in a query string: read at the edge, and explained where it is wrong."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal, TypeVar

from multidict import MultiMapping
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lookout.contract.topics import NodeName
from services.gallery.api.values import Duration, Metric, NodeNames, Time, Zone
from services.gallery.web.problems import LONGEST_VALUE, Problem

WRONG_LINE: Final = "filter_line"


class Parameters(BaseModel):
    """A query string; unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


P = TypeVar("P", bound=Parameters)


class ReadingParameters(Parameters):
    """Which metric of which node, and how finely."""

    tz: Zone | None = Field(
        None, description="in which times without a zone are; default: the hub's"
    )
    node: NodeName
    metric: Metric
    since: Time | None = Field(None, description="default: a day ago")
    until: Time | None = None
    bucket: Duration | None = Field(None, description="default: about 200 buckets")


class DataParameters(Parameters):
    """How large an image is wanted."""

    width: int | None = Field(None, ge=1, le=16_384, description="pixels; the next size above")
    download: Literal["1"] | None = Field(None, description="save it instead of showing it")


class LatestParameters(Parameters):
    """How large the newest picture is wanted."""

    width: int | None = Field(None, ge=1, le=16_384, description="pixels; the next size above")


class CommandParameters(Parameters):
    """How long a command's answer is waited for."""

    timeout: float | None = Field(None, gt=0, le=300, allow_inf_nan=False, description="seconds")


class LiveParameters(Parameters):
    """Which nodes to watch; by default all."""

    node: NodeNames = ()


class WallParameters(Parameters):
    """Which films, and how fast."""

    node: Annotated[NodeNames, Field(min_length=1)]
    rate: float = Field(2, ge=0.1, le=10, allow_inf_nan=False, description="frames a second")


class NoParameters(Parameters):
    """No parameters."""


def parse(model: type[P], given: MultiMapping[str]) -> P:
    """Read a query string. Raises a 400 Problem naming each field, value and what is allowed."""
    try:
        return model.model_validate(_fields(given))
    except ValidationError as error:
        raise explained(model, error) from None


def explained(model: type[Parameters], error: ValidationError) -> Problem:
    """A 400 Problem naming each field, value and what is allowed."""
    errors = [each for item in error.errors(include_url=False) for each in _explain(model, item)]
    detail = "; ".join(f"{e['field']} = {e['value']!r}: {e['allowed']}" for e in errors)
    return Problem(HTTPStatus.BAD_REQUEST, detail, errors=errors)


def _fields(given: MultiMapping[str]) -> dict[str, object]:
    """What a form leaves empty counts as not given."""
    fields: dict[str, object] = {}
    for name in given:
        values = [value for value in given.getall(name) if value.strip()]
        if values:
            fields[name] = values[0] if len(values) == 1 else values
    return fields


def _explain(model: type[Parameters], item: Mapping[str, Any]) -> list[dict[str, str]]:
    if item["type"] == WRONG_LINE:
        return [_fault("q", word.text, word.wrong) for word in item["ctx"]["words"]]
    value = item.get("input", "")
    if item["type"] == "extra_forbidden":
        allowed = "no such parameter; there are " + (", ".join(model.model_fields) or "none")
    elif item["type"] == "missing":
        value, allowed = "", "is needed"
    elif isinstance(value, list):
        allowed = "give it once"
    else:
        allowed = item["msg"].removeprefix("Value error, ")
    return [_fault(str(item["loc"][0]), str(value), allowed)]


def _fault(field: str, value: str, allowed: str) -> dict[str, str]:
    return {"field": field, "value": value[:LONGEST_VALUE], "allowed": allowed}
