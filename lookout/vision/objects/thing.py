"""What a model says of a picture, whichever model it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from lookout.contract.images import PERSON
from lookout.errors import LookoutError

LEAST_SCORE: Final = 0.3  # YOLOv3-tiny: right in 22 of 25 frames of a film that a person looked at


class BadModel(LookoutError):
    """A model cannot be used; the message is for a person."""


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that was seen. `box` is x, y, width, height in per cent of the picture as shown."""

    label: str
    score: float  # 0 to 1
    box: tuple[float, float, float, float]


class Detector(Protocol):
    """A model that is ready to look. It is used by one thread at a time."""

    @property
    def name(self) -> str:
        """What it is and which version, such as `yolov3-tiny@dccea06f59b7`."""
        ...

    def look(self, jpeg: bytes) -> list[Thing]:
        """What is in a picture, people first, the surest first. Raises BadPicture."""
        ...


def people_first(things: Sequence[Thing]) -> list[Thing]:
    """The order in which they are kept: the first boxes are those of the people."""
    return sorted(things, key=lambda thing: (thing.label != PERSON, -thing.score))


def people(things: Sequence[Thing]) -> int:
    """How many of them are people."""
    return sum(thing.label == PERSON for thing in things)
