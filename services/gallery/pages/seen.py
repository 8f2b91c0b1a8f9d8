"""What was seen in a picture, as boxes to be drawn over it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lookout.contract.images import PERSON

USUAL: Final = (1600, 1200)  # pixels, of a picture that does not tell


@dataclass(frozen=True, slots=True)
class Box:
    """A thing and where it is, in pixels of the whole picture."""

    label: str
    x: float
    y: float
    width: float
    height: float

    @property
    def kind(self) -> str:
        """How it is drawn."""
        return "person" if self.label == PERSON else "thing"


@dataclass(frozen=True, slots=True)
class Seen:
    """The boxes of a picture of this size, in pixels."""

    size: tuple[int, int]
    boxes: tuple[Box, ...]


def of_image(image: Mapping[str, Any]) -> Seen:
    """What can be drawn; boxes without a label are people, whom a camera has counted itself."""
    size = (image.get("width") or USUAL[0], image.get("height") or USUAL[1])
    labels = [label for label in (image.get("labels") or "").split(",") if label]
    given = image.get("boxes") or ()
    found = []
    for number, box in enumerate(given if isinstance(given, list) else ()):
        label = labels[number] if number < len(labels) else PERSON
        if _is_box(box):
            found.append(_scaled(label, box, size))
    return Seen(size, tuple(found))


def _is_box(box: object) -> bool:
    """Others may write to the hash, too."""
    return (
        isinstance(box, list)
        and len(box) == 4
        and all(isinstance(each, int | float) and math.isfinite(each) for each in box)
    )


def _scaled(label: str, box: list[float], size: tuple[int, int]) -> Box:
    left, top = (min(100.0, max(0.0, each)) for each in box[:2])
    right = min(100.0, max(left, left + box[2]))
    bottom = min(100.0, max(top, top + box[3]))
    across, down = (each / 100 for each in size)
    values = (left * across, top * down, (right - left) * across, (bottom - top) * down)
    return Box(label, *(round(each, 1) for each in values))
