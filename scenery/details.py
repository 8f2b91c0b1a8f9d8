"""Small things that tell one kind of place from another: a boat, bales of straw."""

import random

from scenery.canvas import Canvas, Point
from scenery.light import Light, mix
from scenery.plants import paint_shadow


def paint_boat(canvas: Canvas, light: Light, at: Point, size: float) -> None:
    """A sailing boat and its image in the water."""
    x, y = at
    for up, fade in ((size * 0.7, 0.45), (-size, 0.0)):  # the image first
        box = (x - size, y - 1.2 * size, x + size, y + 1.2 * size)
        sail, hull = light.on((250, 246, 236)), light.on((158, 62, 52))
        low = up * 0.16
        with canvas.shape(box, mix(sail, light.middle, fade), opacity=1 - fade) as pen:
            pen.polygon([(x, y + up), (x + size * 0.42, y + low), (x, y + low)])
            left = x - size * 0.03
            pen.polygon([(left, y + up * 0.9), (x - size * 0.28, y + low), (left, y + low)])
        with canvas.shape(box, mix(hull, light.middle, fade), opacity=1 - fade) as pen:
            deck = y + up * 0.1
            pen.polygon(
                [
                    (x - size * 0.42, deck),
                    (x + size * 0.5, deck),
                    (x + size * 0.34, y),
                    (x - size * 0.32, y),
                ]
            )


def paint_bales(canvas: Canvas, light: Light, rng: random.Random, ground: float) -> None:
    """Round bales of straw on the field, smaller further away."""
    spots = [(ground + 0.13 * rng.random(), rng.uniform(0.05, 0.95)) for _ in range(7)]
    for y, across in sorted(spots):
        _bale(canvas, light, (across * canvas.width, y), 0.013 + 0.15 * (y - ground))


def _bale(canvas: Canvas, light: Light, at: Point, radius: float) -> None:
    x, y = at
    middle = y - radius
    box = (x - 3 * radius, y - 3 * radius, x + 3 * radius, y + radius)
    straw, dark = light.on((222, 188, 104), 0.08), light.on((172, 136, 66), 0.08)
    paint_shadow(canvas, light, x, y, radius * 1.3, radius * 2.4)
    with canvas.shape(box, dark) as pen:
        pen.ellipse(x + 0.75 * radius, middle, radius * 0.95, radius)
        pen.rectangle((x, y - 2 * radius, x + 0.75 * radius, y))
    for colour, share in ((straw, 1.0), (dark, 0.64), (straw, 0.54), (dark, 0.26), (straw, 0.16)):
        with canvas.shape(box, colour) as pen:
            pen.ellipse(x, middle, radius * share, radius * share)
