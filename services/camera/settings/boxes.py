"""Rectangles in a picture, in per cent of its width and height."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

_NAMES = ("x", "y", "width", "height")


def _parts(value: object) -> object:
    """Let a rectangle be written as `10,10,50,50` or with its names."""
    if isinstance(value, str):
        return tuple(value.split(","))
    if isinstance(value, Mapping) and set(value) == set(_NAMES):
        return tuple(value[name] for name in _NAMES)
    return value


def _inside(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    x, y, width, height = box
    for name, start, length in (("x + width", x, width), ("y + height", y, height)):
        if start + length > 100:
            raise ValueError(f"{name} is {start + length:g}: at most 100 per cent, the picture")
    return box


def _several(value: object) -> object:
    """Let rectangles be written as `10,10,50,50; 80,0,20,20`."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(";") if part.strip())
    return value


_Start = Annotated[float, Field(ge=0, lt=100, allow_inf_nan=False)]
_Length = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]
Box = Annotated[
    tuple[_Start, _Start, _Length, _Length],
    NoDecode,  # not JSON in a variable
    BeforeValidator(_parts),
    AfterValidator(_inside),
]
Boxes = Annotated[tuple[Box, ...], Field(max_length=20), NoDecode, BeforeValidator(_several)]
WHOLE: tuple[float, float, float, float] = (0, 0, 100, 100)
