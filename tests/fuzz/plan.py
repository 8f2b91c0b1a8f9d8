"""Which message or request is the n-th of a run: the same for the same seed."""

from dataclasses import dataclass
from random import Random
from typing import Final

from tests.fuzz import attacks_mqtt, attacks_web
from tests.fuzz.mqtt import Packet
from tests.fuzz.web import Request

# Of ten, by who sends them. What goes over the gallery takes several times as long.
ROLES: Final = ("garden", "esp32", "barn", "bridge", "homeassistant", "hub")
WAYS: Final = ("signed in", "signed in", "not signed in", "open")
TURNS: Final = (*ROLES, *WAYS)


@dataclass(frozen=True, slots=True)
class Plan:
    """A run of `length` messages and requests; `images` are ids to ask for."""

    seed: int
    length: int
    images: tuple[str, ...]

    def turns_of(self, turn: int) -> range:
        """The numbers of what one of the ten sends."""
        return range(turn, self.length, len(TURNS))

    def packet(self, number: int) -> Packet:
        """A message."""
        return attacks_mqtt.packet(self._random(number), TURNS[number % len(TURNS)])

    def request(self, number: int) -> Request:
        """A request."""
        signed_in = TURNS[number % len(TURNS)] == "signed in"
        return attacks_web.request(self._random(number), list(self.images), signed_in=signed_in)

    def _random(self, number: int) -> Random:
        return Random(f"{self.seed} {number}")
