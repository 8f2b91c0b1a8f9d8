"""Some documents drawn at random, to guess how many lie where. They decide no answer."""

import time
from dataclasses import dataclass, field
from typing import Any, Final

from lookout.store.client import Client
from lookout.store.errors import StoreRefused

DRAWS: Final = 256
SECONDS: Final = 60.0  # that a sample serves
HEAVY: Final = 3_000  # documents of one and the same value that are looked at by themselves
# KEYS: none. ARGV: the keys' prefix, how many to draw, the field.
_DRAW: Final = """
local values = {}
for _ = 1, ARGV[2] do
    local key = redis.call('RANDOMKEY')
    if key and string.sub(key, 1, #ARGV[1]) == ARGV[1] then
        local value = redis.pcall('HGET', key, ARGV[3])
        if type(value) == 'string' then values[#values + 1] = value end
    end
end
return {redis.call('DBSIZE'), values}
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """Values of one field, and about how many documents stand behind each."""

    values: list[float]
    each: float


@dataclass(slots=True)
class Sampler:
    """Draws a sample of a field where the last one is old."""

    client: Client
    prefix: str
    _drawn: dict[str, tuple[float, Sample]] = field(default_factory=dict)

    async def sample(self, name: str) -> Sample:
        """Values of the field `name`; none where the server does not let us draw."""
        drawn = self._drawn.get(name)
        if drawn is None or time.monotonic() - drawn[0] > SECONDS:
            drawn = self._drawn[name] = (time.monotonic(), await self._draw(name))
        return drawn[1]

    async def is_heavy(self, name: str, value: float) -> bool:
        """Whether so many documents have this value that looking at all of them is work."""
        sample = await self.sample(name)
        return sample.values.count(value) * sample.each > HEAVY

    def forget(self) -> None:
        """The sample led us astray."""
        self._drawn.clear()

    async def _draw(self, name: str) -> Sample:
        try:
            answer: list[Any] = await self.client.eval(_DRAW, 0, self.prefix, DRAWS, name)
        except StoreRefused:  # without the right to ask
            return Sample([], 0.0)
        everything, values = answer
        return Sample([_number(value) for value in values], int(everything) / DRAWS)


def _number(value: bytes) -> float:
    try:
        return float(value)
    except ValueError:
        return 0.0
