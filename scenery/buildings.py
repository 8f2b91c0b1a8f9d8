"""A house, a barn or a cabin, with windows that are lit in the evening."""

import random
from dataclasses import dataclass

from scenery.canvas import Canvas, Point
from scenery.light import Colour, Light, mix
from scenery.plants import paint_shadow

WARM: Colour = (255, 204, 120)
WALLS: tuple[Colour, ...] = (
    (240, 232, 214),
    (226, 206, 172),
    (196, 212, 220),
    (238, 214, 188),
    (214, 222, 202),
)
ROOFS: tuple[Colour, ...] = ((150, 74, 58), (92, 92, 104), (120, 84, 66), (72, 86, 98))


@dataclass(frozen=True, slots=True)
class Building:
    """Where it stands (left lower corner of its front), how large, and its colours."""

    at: Point
    size: float
    wall: Colour
    roof: Colour
    trim: Colour
    floors: int
    side: float = 0.9  # how far its long side goes to the right, in fronts

    @property
    def door(self) -> Point:
        return self.at[0] + 0.5 * self.size, self.at[1]


def paint_building(canvas: Canvas, light: Light, house: Building, seed: int) -> None:
    (x, y), s = house.at, house.size
    wall, eave = s * (0.42 + 0.20 * house.floors), s * 0.05
    right, ridge = x + s * (1 + house.side), y - wall - s * 0.46
    paint_shadow(
        canvas, light, x + s * (0.5 + house.side / 2), y + 0.004, s * (1 + house.side) * 0.54, s
    )
    box = (x - s, ridge - s * 0.5, right + s, y + 0.03)
    sunny = light.sun[0] > 0.5
    front, long_side = (0.16, 0.0) if sunny else (0.0, 0.2)
    back = y - s * 0.045  # the long side runs away a little
    with canvas.shape(box, light.on(mix(house.wall, (44, 50, 72), long_side + 0.05))) as pen:
        pen.polygon([(x + s, y), (x + s, y - wall), (right, back - wall), (right, back)])
    with canvas.shape(
        box,
        (
            light.on(mix(house.wall, (44, 50, 72), front)),
            light.on(mix(house.wall, (60, 50, 50), front + 0.12)),
        ),
    ) as pen:
        pen.polygon([(x, y), (x, y - wall), (x + s / 2, ridge), (x + s, y - wall), (x + s, y)])
    _siding(canvas, light, house, wall, ridge)
    _chimney(canvas, light, house, ridge)
    tile, dark = light.on(house.roof), light.on(mix(house.roof, (26, 22, 34), 0.34))
    with canvas.shape(box, (mix(tile, light.low, 0.16), tile)) as pen:
        pen.polygon(
            [
                (x + s / 2, ridge - eave * 0.4),
                (x + s + eave * 1.4, y - wall + eave),
                (right + eave, back - wall + eave * 0.7),
                (right - s / 2 + eave * 0.4, ridge - s * 0.03),
            ]
        )
    with canvas.shape(box, dark) as pen:
        pen.line(
            [
                (x - eave * 1.4, y - wall + eave),
                (x + s / 2, ridge - eave * 0.4),
                (x + s + eave * 1.4, y - wall + eave),
            ],
            s * 0.045,
        )
        for row in range(1, 6):
            t = row / 6
            pen.line(
                [
                    (x + s / 2 + t * s / 2, ridge + t * (s * 0.46 + eave)),
                    (right - s / 2 + t * (s / 2 + eave), ridge - s * 0.03 + t * (s * 0.46 + eave)),
                ],
                0.0008,
                90,
            )
    _openings(canvas, light, house, wall, seed)


def _siding(canvas: Canvas, light: Light, house: Building, wall: float, ridge: float) -> None:
    (x, y), s = house.at, house.size
    with canvas.shape(
        (x, ridge, x + s * (1 + house.side), y),
        light.on(mix(house.wall, (40, 36, 40), 0.5)),
        opacity=0.3,
    ) as pen:
        for row in range(1, 14):
            level = wall * row / 14
            pen.line(
                [
                    (x + 0.003, y - level),
                    (x + s, y - level),
                    (x + s * (1 + house.side), y - s * 0.045 - level),
                ],
                0.0008,
            )


def _chimney(canvas: Canvas, light: Light, house: Building, ridge: float) -> None:
    (x, _), s = house.at, house.size
    at = x + s * (0.75 + house.side * 0.35)
    box = (at, ridge - s * 0.22, at + s * 0.13, ridge + s * 0.2)
    with canvas.shape(box, light.on((150, 96, 80))) as pen:
        pen.rectangle(box)
    with canvas.shape(box, light.on((96, 66, 60))) as pen:
        pen.rectangle((at + s * 0.085, box[1], box[2], box[3]))
        pen.rectangle((at, box[1], box[2], box[1] + s * 0.03))


def _openings(canvas: Canvas, light: Light, house: Building, wall: float, seed: int) -> None:
    (x, y), s = house.at, house.size
    rng = random.Random(f"windows {seed} {int(light.hour)}")
    door = (x + s * 0.41, y - s * 0.40, x + s * 0.59, y)
    _framed(canvas, light, house, door, light.on(mix(house.roof, (40, 60, 70), 0.4)))
    rows = [0.24 + 0.42 * floor for floor in range(house.floors + 1)]
    for row, up in enumerate(rows):
        level = y - s * up
        columns = (0.10, 0.68) if row == 0 else (0.12, 0.66) if row < len(rows) - 1 else (0.39,)
        for column in columns:
            width = 0.22
            _window(
                canvas,
                light,
                house,
                (x + s * column, level - s * 0.21, x + s * (column + width), level),
                rng,
            )
        for n in range(2 if row < len(rows) - 1 else 0):
            left = x + s * (1 + house.side * (0.16 + 0.44 * n))
            lift = s * 0.045 * (0.3 + 0.44 * n)
            _window(
                canvas,
                light,
                house,
                (left, level - s * 0.21 - lift, left + s * 0.2, level - lift),
                rng,
            )
    if light.lamps > 0:
        canvas.glow((x + s * 0.5, y - s * 0.46), s * 0.5, WARM, 0.75 * light.lamps)
        with canvas.shape(
            (x - s, y - 0.02, x + 2 * s, y + s * 0.5),
            WARM,
            opacity=0.30 * light.lamps,
            blur=s * 0.06,
        ) as pen:
            pen.ellipse(x + s * 0.5, y + s * 0.1, s * 0.42, s * 0.13)


def _window(
    canvas: Canvas,
    light: Light,
    house: Building,
    box: tuple[float, float, float, float],
    rng: random.Random,
) -> None:
    lit = light.lamps if rng.random() < 0.72 else 0.0
    glass = mix(light.on((70, 96, 120)), light.middle, 0.35)
    _framed(
        canvas,
        light,
        house,
        box,
        mix(glass, WARM, lit),
        mix(mix(glass, (20, 30, 50), 0.3), (255, 176, 84), lit),
    )
    left, top, right, bottom = box
    with canvas.shape(box, light.on(house.trim)) as pen:
        pen.line([((left + right) / 2, top), ((left + right) / 2, bottom)], 0.0022)
        pen.line([(left, (top + bottom) / 2), (right, (top + bottom) / 2)], 0.0022)
    if lit:
        canvas.glow(
            ((left + right) / 2, (top + bottom) / 2), (right - left) * 1.5, WARM, 0.42 * lit
        )


def _framed(
    canvas: Canvas,
    light: Light,
    house: Building,
    box: tuple[float, float, float, float],
    *paint: Colour,
) -> None:
    left, top, right, bottom = box
    edge = house.size * 0.022
    outer = (left - edge, top - edge, right + edge, bottom + edge * 0.6)
    with canvas.shape(outer, light.on(house.trim)) as pen:
        pen.rectangle(outer)
    with canvas.shape(box, paint if len(paint) > 1 else paint[0]) as pen:
        pen.rectangle(box)
