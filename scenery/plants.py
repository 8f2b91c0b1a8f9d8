"""Trees, bushes and fences, each with the shadow that the sun gives it."""

import math
import random

from scenery.canvas import Canvas, Point
from scenery.land import Season
from scenery.light import Colour, Light, mix


def paint_shadow(
    canvas: Canvas, light: Light, x: float, y: float, width: float, tall: float
) -> None:
    """A soft shadow on the ground, long when the sun is low and away from it."""
    if light.height < 0.02:
        return
    across = light.sun[0] - x / canvas.width
    length = tall * min(1.6, 0.35 / max(0.12, light.height)) * (-1 if across > 0 else 1)
    length *= min(1.0, 0.35 + abs(across))
    left, right = sorted((x, x + length))
    box = (left - width - 0.05, y - 0.08, right + width + 0.05, y + 0.09)
    with canvas.shape(
        box, (22, 30, 44), opacity=0.42 * min(1.0, light.height * 6), blur=0.006
    ) as pen:
        pen.ellipse(x, y, width, width * 0.16)
        for step in range(1, 9):
            share = step / 8
            pen.ellipse(
                x + length * share, y + 0.012 * share, width * (1 - 0.25 * share), width * 0.15
            )


def paint_tree(
    canvas: Canvas, rng: random.Random, light: Light, season: Season, at: Point, tall: float
) -> None:
    """A tree with its foot at a point, in the colours of the season."""
    leaves, conifer = rng.choice(season.leaves), rng.random() < 0.4
    distance = max(0.0, 0.22 - 0.6 * (at[1] - 0.6))
    paint_shadow(canvas, light, at[0], at[1], tall * (0.2 if conifer else 0.32), tall)
    if conifer:
        _conifer(canvas, rng, light, mix(leaves, (34, 74, 58), 0.65), at, tall, distance)
    else:
        _broad(canvas, rng, light, leaves, at, tall, distance)


def _trunk(canvas: Canvas, light: Light, at: Point, tall: float, distance: float) -> None:
    x, y = at
    wide = tall * 0.032
    with canvas.shape(
        (x - tall, y - tall, x + tall, y + 0.02), light.on((88, 68, 52), distance)
    ) as pen:
        pen.polygon(
            [
                (x - wide, y + 0.003),
                (x - wide * 0.6, y - tall * 0.6),
                (x + wide * 0.6, y - tall * 0.6),
                (x + wide, y + 0.003),
            ]
        )
        pen.line([(x, y - tall * 0.35), (x - tall * 0.14, y - tall * 0.58)], wide * 0.7)
        pen.line([(x, y - tall * 0.40), (x + tall * 0.13, y - tall * 0.62)], wide * 0.7)


def _broad(
    canvas: Canvas,
    rng: random.Random,
    light: Light,
    leaves: Colour,
    at: Point,
    tall: float,
    distance: float,
) -> None:
    """A round crown: many clusters of leaves, darker below, brighter towards the sun."""
    _trunk(canvas, light, at, tall, distance)
    x, y = at
    sunny = 0.06 * tall * (1 if light.sun[0] > x / canvas.width else -1)
    clusters = []
    for _ in range(40):
        turn, out = rng.uniform(0, math.tau), math.sqrt(rng.random())
        radius = rng.uniform(0.06, 0.11) * (1.25 - 0.5 * out)
        clusters.append((0.27 * out * math.cos(turn), 0.66 + 0.25 * out * math.sin(turn), radius))
    box = (x - 0.7 * tall, y - 1.25 * tall, x + 0.7 * tall, y)
    tones = (
        (mix(leaves, (18, 32, 24), 0.5), 0.0, 0.0, 1.28),
        (mix(leaves, (18, 32, 24), 0.16), 0.35, -0.02, 1.0),
        (mix(leaves, (236, 226, 130), 0.22), 0.9, -0.05, 0.62),
        (mix(leaves, (250, 240, 160), 0.42), 1.3, -0.07, 0.32),
    )
    for colour, shift, lift, size in tones:
        with canvas.shape(box, light.on(colour, distance)) as pen:
            for across, up, radius in clusters:
                cx, cy, r = (
                    x + across * tall + shift * sunny,
                    y - (up - lift) * tall,
                    radius * tall * size,
                )
                for _ in range(6):
                    dx, dy = rng.uniform(-0.8, 0.8) * r, rng.uniform(-0.8, 0.8) * r
                    pen.ellipse(cx + dx, cy + dy, r * 0.56, r * 0.5)


def _conifer(
    canvas: Canvas,
    rng: random.Random,
    light: Light,
    leaves: Colour,
    at: Point,
    tall: float,
    distance: float,
) -> None:
    _trunk(canvas, light, at, tall * 0.4, distance)
    x, y = at
    sunny = 1 if light.sun[0] > x / canvas.width else -1
    box = (x - 0.5 * tall, y - 1.1 * tall, x + 0.5 * tall, y)
    dark, bright = mix(leaves, (10, 26, 26), 0.35), mix(leaves, (210, 220, 130), 0.22)
    for colour, half in ((dark, 0), (bright, sunny)):
        opacity = 0.8 if half else 1.0
        with canvas.shape(box, light.on(colour, distance), opacity=opacity) as pen:
            for tier in range(9):
                share = tier / 8
                top = y - tall * (1.02 - 0.78 * share)
                pen.polygon(_tier(x, top, tall * (0.05 + 0.20 * share), tall, half))


def _tier(x: float, top: float, wide: float, tall: float, half: int) -> list[Point]:
    """One ring of branches with a ragged edge; `half` -1 or 1 gives its sunny side alone."""
    points = [(x + half * wide * 0.12, top)]
    for step in range(9):
        across = -1 + step / 4
        if across * half >= 0:
            low = top + tall * (0.17 + 0.012 * abs(across) - 0.022 * (step % 2))
            points.append((x + across * wide * (0.9 if half else 1.0), low))
    return points


def paint_fence(
    canvas: Canvas,
    light: Light,
    colour: Colour,
    start: Point,
    end: Point,
    tall: float,
    *,
    pickets: bool,
) -> None:
    """Posts and rails, or a picket fence, from one point to another."""
    (x0, y0), (x1, y1) = start, end
    count = max(1, round(abs(x1 - x0) / (0.017 if pickets else 0.085)))
    box = (min(x0, x1) - 0.02, min(y0, y1) - tall * 1.3, max(x0, x1) + 0.02, max(y0, y1) + 0.02)
    posts = [(x0 + (x1 - x0) * n / count, y0 + (y1 - y0) * n / count) for n in range(count + 1)]
    if light.height > 0.02:
        with canvas.shape(box, (22, 30, 40), opacity=0.30, blur=0.003) as pen:
            pen.line([(x0, y0 + 0.006), (x1, y1 + 0.006)], 0.012)
    with canvas.shape(box, light.on(mix(colour, (60, 60, 70), 0.25), 0.06)) as pen:
        for part in (0.32, 0.74):
            pen.line([(x0, y0 - tall * part), (x1, y1 - tall * part)], tall * 0.11)
    with canvas.shape(box, light.on(colour, 0.04)) as pen:
        half = 0.0048 if pickets else 0.0055
        for x, y in posts:
            tip = tall * (0.12 if pickets else 0.02)
            pen.polygon(
                [
                    (x - half, y),
                    (x - half, y - tall + tip),
                    (x, y - tall),
                    (x + half, y - tall + tip),
                    (x + half, y),
                ]
            )
