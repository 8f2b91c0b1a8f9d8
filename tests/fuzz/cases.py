"""What a known case is: how to stop a service, or to get a traceback out of it."""

from dataclasses import dataclass

from tests.fuzz.mqtt import Packet
from tests.fuzz.web import Request

SURROGATE = r"\ud800"  # half a character, as JSON can write it
DEEP = 3_000
TOLD, TAKEN, IGNORED = "told", "taken", "ignored"


@dataclass(frozen=True, slots=True)
class Message:
    """A case on the bus, sent as `user`.

    `TOLD`: it must be in the quarantine, or an event must say that it was refused. `TAKEN`: it is
    fine as it is. `IGNORED`: either, as long as all goes on.
    """

    name: str
    packet: Packet
    user: str = "esp32"
    becomes: str = TOLD


@dataclass(frozen=True, slots=True)
class Question:
    """A case over HTTP; it must be answered with one of `answers`."""

    name: str
    request: Request
    answers: tuple[int, ...] = (400,)
    open: bool = False  # to the gallery without a password
    needs: bytes | None = None  # an image that must be there first


def deep(opening: str = "[", depth: int = DEEP) -> str:
    """JSON inside JSON."""
    closing = {"[": "]", '{"a":': "}"}[opening]
    return opening * depth + ("1" if opening != "[" else "") + closing * depth
