"""Kinds of values that several sections use."""

from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

Quality = Annotated[int, Field(ge=1, le=100)]
Seconds = Annotated[float, Field(ge=0, le=86400 * 7, allow_inf_nan=False)]


def _size(value: object) -> object:
    """Let a size be written as 1920x1080."""
    if isinstance(value, str) and "x" in value:
        return tuple(value.split("x", 1))
    return value


Side = Annotated[int, Field(ge=16, le=16384)]
Size = Annotated[tuple[Side, Side], NoDecode, BeforeValidator(_size)]  # not JSON in a variable
