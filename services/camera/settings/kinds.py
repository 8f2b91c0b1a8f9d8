"""Kinds of values that several sections use."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

from lookout.contract.images import LONGEST_TTL

Quality = Annotated[int, Field(ge=1, le=100)]
LEAST_TTL = 60  # seconds: a picture that goes at once would only look lost


def _lifetime(value: object) -> object:
    return 0 if value is None else value


def _whole_lifetime(value: int) -> int:
    if value and not LEAST_TTL <= value <= LONGEST_TTL:
        raise ValueError(f"must be 0 (as the hub is set) or {LEAST_TTL} to {LONGEST_TTL} seconds")
    return value


Lifetime = Annotated[int, BeforeValidator(_lifetime), AfterValidator(_whole_lifetime)]
Seconds = Annotated[float, Field(ge=0, le=86400 * 7, allow_inf_nan=False)]


def _size(value: object) -> object:
    """Let a size be written as 1920x1080."""
    if isinstance(value, str) and "x" in value:
        return tuple(value.split("x", 1))
    return value


Side = Annotated[int, Field(ge=16, le=16384)]
Size = Annotated[tuple[Side, Side], NoDecode, BeforeValidator(_size)]  # not JSON in a variable
