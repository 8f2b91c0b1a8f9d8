"""Somebody who walks through the scene, with legs that move, and a lantern at night."""

import math
import random
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from scenery.canvas import Canvas, Pen, Point
from scenery.light import Colour, Light, mix
from scenery.plants import paint_shadow

JACKETS: tuple[Colour, ...] = (
    (196, 58, 50),
    (44, 96, 164),
    (226, 168, 46),
    (60, 130, 92),
    (136, 78, 150),
)
TROUSERS: tuple[Colour, ...] = ((46, 54, 78), (84, 72, 60), (52, 52, 56))
SKINS: tuple[Colour, ...] = ((236, 194, 164), (196, 146, 112), (128, 88, 66))
HAIR: tuple[Colour, ...] = ((52, 38, 30), (140, 98, 56), (34, 32, 36), (190, 186, 180))


@dataclass(frozen=True, slots=True)
class Walker:
    """One crossing: where the walker is and which way they go."""

    x: float
    forward: int  # 1 to the right, -1 to the left
    stride: float  # radians of the gait
    trip: int


def walker_at(seed: int, timestamp: float, width: float) -> Walker | None:
    """Who crosses at a Unix time, or None between two crossings. `width` in picture heights."""
    rng = random.Random(f"walk {seed}")
    speed, pause = rng.uniform(0.075, 0.105), rng.uniform(6.0, 14.0)
    period = (width + 0.2) / speed + pause
    trip, elapsed = divmod(timestamp + rng.uniform(0, period), period)
    walked = elapsed * speed
    if walked > width + 0.2:
        return None
    forward = 1 if random.Random(f"way {seed} {trip}").random() < 0.5 else -1
    x = walked - 0.1 if forward > 0 else width + 0.1 - walked
    return Walker(x, forward, walked / 0.115 * math.tau, int(trip))


def paint_walker(
    canvas: Canvas, seed: int, light: Light, walker: Walker, foot: float, tall: float
) -> None:
    """Paint the walker with the feet at height `foot` of the picture."""
    rng = random.Random(f"looks {seed} {walker.trip}")
    jacket, trousers = rng.choice(JACKETS), rng.choice(TROUSERS)
    skin, hair = rng.choice(SKINS), rng.choice(HAIR)
    if light.lamps > 0.3:  # the lantern lights its bearer
        near = 0.5 * light.lamps
        red, green, blue = light.tint
        light = replace(light, tint=(red + near, green + 0.8 * near, blue + 0.4 * near))
        _lantern_light(canvas, walker, foot, tall, light.lamps)
    paint_shadow(canvas, light, walker.x, foot, tall * 0.13, tall * 0.9)
    hip = (walker.x, foot - tall * 0.47 - tall * 0.012 * abs(math.cos(walker.stride)))
    neck = (hip[0] + walker.forward * tall * 0.02, hip[1] - tall * 0.34)
    body = _Body(canvas, walker, tall)
    dark = (20, 22, 34)
    body.arm(neck, math.pi, light.on(mix(jacket, dark, 0.4)), light.on(mix(skin, dark, 0.3)))
    body.leg(hip, math.pi, light.on(mix(trousers, dark, 0.4)), light.on((40, 32, 30)))
    body.leg(hip, 0.0, light.on(trousers), light.on((58, 46, 40)))
    body.torso(hip, neck, light.on(jacket), light.on(mix(jacket, dark, 0.25)))
    body.head(neck, light.on(skin), light.on(hair))
    hand = body.arm(neck, 0.0, light.on(mix(jacket, (255, 255, 255), 0.08)), light.on(skin))
    if light.lamps > 0.3:
        _lantern(canvas, hand, tall, light.lamps)


class _Body:
    """The parts of a walking body, in proportions of its height."""

    def __init__(self, canvas: Canvas, walker: Walker, tall: float) -> None:
        self._canvas = canvas
        self._walker = walker
        self._tall = tall

    def leg(self, hip: Point, offset: float, trousers: Colour, shoe: Colour) -> None:
        angle = 0.46 * math.sin(self._walker.stride + offset)
        bend = 0.10 + 0.75 * max(0.0, math.cos(self._walker.stride + offset))
        knee = self._limb(hip, angle, 0.235)
        ankle = self._limb(knee, angle - bend, 0.225)
        toe = ankle[0] + self._walker.forward * self._tall * 0.07, ankle[1] + self._tall * 0.004
        self._line((ankle, toe), 0.045, shoe)
        self._line((hip, knee), 0.098, trousers)
        self._line((knee, ankle), 0.072, trousers)

    def arm(self, neck: Point, offset: float, sleeve: Colour, skin: Colour) -> Point:
        angle = -0.5 * math.sin(self._walker.stride + offset)
        shoulder = neck[0], neck[1] + self._tall * 0.035
        elbow = self._limb(shoulder, angle, 0.165)
        hand = self._limb(elbow, angle + 0.35, 0.15)
        self._line((elbow, hand), 0.050, sleeve)
        self._line((shoulder, elbow), 0.064, sleeve)
        with self._shape(skin) as pen:
            pen.ellipse(*hand, self._tall * 0.026, self._tall * 0.026)
        return hand

    def torso(self, hip: Point, neck: Point, top: Colour, bottom: Colour) -> None:
        t = self._tall
        with self._canvas.shape(self._box(), (top, top, bottom)) as pen:
            pen.polygon(
                [
                    (neck[0] - 0.062 * t, neck[1] + 0.02 * t),
                    (neck[0] + 0.062 * t, neck[1] + 0.02 * t),
                    (hip[0] + 0.068 * t, hip[1] + 0.05 * t),
                    (hip[0] - 0.068 * t, hip[1] + 0.05 * t),
                ]
            )
            pen.ellipse(neck[0], neck[1] + 0.028 * t, 0.066 * t, 0.035 * t)

    def head(self, neck: Point, skin: Colour, hair: Colour) -> None:
        t, forward = self._tall, self._walker.forward
        x, y = neck[0] + forward * t * 0.012, neck[1] - t * 0.085
        self._line((neck, (x, y)), 0.05, skin)
        with self._shape(hair) as pen:
            pen.ellipse(x - forward * t * 0.012, y - t * 0.012, t * 0.066, t * 0.072)
        with self._shape(skin) as pen:
            pen.ellipse(x + forward * t * 0.012, y + t * 0.008, t * 0.052, t * 0.062)

    def _limb(self, start: Point, angle: float, length: float) -> Point:
        reach = self._tall * length
        return (
            start[0] + self._walker.forward * math.sin(angle) * reach,
            start[1] + math.cos(angle) * reach,
        )

    def _line(self, points: tuple[Point, Point], width: float, colour: Colour) -> None:
        with self._shape(colour) as pen:
            pen.line(points, width * self._tall)

    def _shape(self, colour: Colour) -> AbstractContextManager[Pen]:
        return self._canvas.shape(self._box(), colour)

    def _box(self) -> tuple[float, float, float, float]:
        x, t = self._walker.x, self._tall
        return x - 0.5 * t, 0.9 - 1.3 * t, x + 0.5 * t, 1.0


def _lantern_light(canvas: Canvas, walker: Walker, foot: float, tall: float, lamps: float) -> None:
    """The air and the ground around the lantern."""
    x = walker.x + walker.forward * tall * 0.1
    canvas.glow((x, foot - tall * 0.4), tall * 1.3, (255, 190, 104), 0.42 * lamps)
    box = (x - tall * 1.4, foot - tall * 0.3, x + tall * 1.4, foot + tall * 0.3)
    with canvas.shape(box, (255, 196, 110), opacity=0.3 * lamps, blur=tall * 0.08) as pen:
        pen.ellipse(x, foot, tall * 0.6, tall * 0.09)


def _lantern(canvas: Canvas, hand: Point, tall: float, lamps: float) -> None:
    x, y = hand[0], hand[1] + tall * 0.06
    canvas.glow((x, y), tall * 0.35, (255, 214, 140), 0.8 * lamps)
    with canvas.shape((x - tall, y - tall, x + tall, y + tall), (255, 240, 200)) as pen:
        pen.ellipse(x, y, tall * 0.02, tall * 0.028)
