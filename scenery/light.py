"""The light of a scene at a time: sun, moon, the colours of the sky, lux and temperature."""

import math
import random
import time
from bisect import bisect_right
from dataclasses import dataclass

Colour = tuple[int, int, int]

DAY = 24.0  # hours
GOLDEN = 0.381966  # of a turn: seeds one after the other never land on the same hour


@dataclass(frozen=True, slots=True)
class _Key:
    """The look of the sky at one height of the sun."""

    height: float  # sine of the sun's height over the horizon
    top: Colour
    middle: Colour
    low: Colour
    tint: tuple[float, float, float]  # what the light makes of a white wall
    lux: float  # log 10


_KEYS = (
    _Key(-1.0, (8, 12, 34), (17, 26, 60), (38, 50, 90), (0.21, 0.26, 0.43), -1.0),
    _Key(-0.28, (10, 15, 42), (22, 33, 74), (52, 62, 106), (0.23, 0.28, 0.45), -0.9),
    _Key(-0.12, (26, 36, 86), (72, 68, 128), (196, 122, 118), (0.33, 0.32, 0.47), 0.7),
    _Key(0.0, (62, 88, 152), (176, 136, 158), (255, 170, 104), (0.72, 0.57, 0.54), 2.5),
    _Key(0.16, (78, 132, 200), (158, 186, 216), (255, 220, 170), (1.02, 0.87, 0.70), 3.5),
    _Key(0.45, (58, 124, 204), (120, 178, 232), (214, 232, 240), (1.02, 1.0, 0.95), 4.1),
    _Key(1.1, (44, 112, 200), (108, 170, 230), (206, 228, 242), (1.04, 1.03, 1.0), 4.3),
)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`share` 0 gives the first colour, 1 the second."""
    share = min(1.0, max(0.0, share))
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


@dataclass(frozen=True, slots=True)
class Light:
    """Everything that changes with the hour."""

    hour: float
    height: float  # sine of the sun's height
    top: Colour
    middle: Colour
    low: Colour
    tint: tuple[float, float, float]
    lux: float
    temperature: float  # degrees C

    @property
    def night(self) -> float:
        """0 by day to 1 when all stars are out."""
        return min(1.0, max(0.0, -(self.height + 0.04) / 0.2))

    @property
    def air(self) -> Colour:
        """The colour that distant things fade into."""
        return mix(self.middle, self.low, 0.5)

    @property
    def lamps(self) -> float:
        """0 by day to 1 when windows are lit."""
        return min(1.0, max(0.0, (0.06 - self.height) / 0.12))

    @property
    def sun(self) -> tuple[float, float]:
        """Where the sun stands: 0 is left and 1 is right; height as its sine."""
        return (self.hour - 5.0) / 15.0, self.height

    @property
    def moon(self) -> tuple[float, float]:
        hour = (self.hour - 18.0) % DAY
        return hour / 12.5, math.sin(math.pi * min(1.0, hour / 12.5)) * 0.8

    def on(self, colour: Colour, distance: float = 0.0) -> Colour:
        """A surface of that colour in this light; `distance` 0 to 1 dims it into the air."""
        red, green, blue = (min(255, round(c * t)) for c, t in zip(colour, self.tint, strict=True))
        return mix((red, green, blue), self.low, distance)


def phase(seed: int) -> float:
    """Hours by which a seed's day is ahead of the clock: 0 for seed 0, so that some see night."""
    return (seed * GOLDEN * DAY) % DAY


def light_at(seed: int, timestamp: float) -> Light:
    """The light of a seed's scene at a Unix time, by the local clock and the seed's own phase."""
    local = time.localtime(timestamp)
    clock = local.tm_hour + local.tm_min / 60 + (local.tm_sec + timestamp % 1) / 3600
    hour = (clock + phase(seed)) % DAY
    height = 0.14 + 0.93 * math.sin(2 * math.pi * (hour - 6.6) / DAY)
    index = min(max(1, bisect_right([key.height for key in _KEYS], height)), len(_KEYS) - 1)
    one, other = _KEYS[index - 1], _KEYS[index]
    share = (height - one.height) / (other.height - one.height)
    red, green, blue = (a + (b - a) * share for a, b in zip(one.tint, other.tint, strict=True))
    flicker = random.Random(f"{seed} {timestamp:.3f}")
    return Light(
        hour=hour,
        height=height,
        top=mix(one.top, other.top, share),
        middle=mix(one.middle, other.middle, share),
        low=mix(one.low, other.low, share),
        tint=(red, green, blue),
        lux=10 ** (one.lux + (other.lux - one.lux) * share) * flicker.uniform(0.97, 1.03),
        temperature=_temperature(seed, hour) + flicker.uniform(-0.1, 0.1),
    )


def _temperature(seed: int, hour: float) -> float:
    """Warmest at three in the afternoon, as on a calm day."""
    mean = random.Random(f"climate {seed}").uniform(14.0, 22.0)
    return mean + 6.0 * math.sin(2 * math.pi * (hour - 9.0) / DAY)
