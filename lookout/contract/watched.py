"""What counts at one node, and where: zones, what is left out, and how often it must be seen."""

import math
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from lookout.contract.images import PERSON
from lookout.contract.topics import Word
from lookout.contract.wire import Wire

MOST_POINTS: Final = 50
MOST_ZONES: Final = 20
MOST_PICTURES: Final = 20

Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Point = tuple[Percent, Percent]


def _with_an_area(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """By the shoelace formula."""
    pairs = zip(points, (*points[1:], points[0]), strict=True)
    if math.isclose(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs), 0.0):
        raise ValueError("the corners lie on one line: give three or more that enclose something")
    return points


Polygon = Annotated[
    tuple[Point, ...], Field(min_length=3, max_length=MOST_POINTS), AfterValidator(_with_an_area)
]


class Zone(Wire):
    """A part of a picture."""

    points: Polygon = Field(description="its corners: x, y in per cent of the picture, from above")
    labels: tuple[str, ...] = Field(
        (PERSON,), min_length=1, max_length=20, description="what is counted in it"
    )


class Least(Wire):
    """What a thing must be to count."""

    score: float = Field(0.0, ge=0, le=1, description="what the model is less sure of does not")
    size: Percent = Field(0.0, description="of the picture, per cent; what is smaller does not")


class Steady(Wire):
    """How many of a node's last pictures must show something until it is told."""

    seen: int = Field(1, ge=1, le=MOST_PICTURES, description="in so many pictures")
    of: int = Field(1, ge=1, le=MOST_PICTURES, description="of the last so many")

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if self.seen > self.of:
            raise ValueError(f"seen = {self.seen}: at most `of`, which is {self.of}")
        return self


class Watched(Wire):
    """One node's rules. By default every thing counts, at once, and there are no zones."""

    zones: Annotated[dict[Word, Zone], Field(max_length=MOST_ZONES)] = Field(
        {}, description="by name"
    )
    ignore: tuple[Polygon, ...] = Field(
        (), max_length=MOST_ZONES, description="where nothing counts, such as a street behind"
    )
    least: dict[str, Least] = Field({}, description="by label")
    steady: Steady = Field(Steady(), description="against flicker")
