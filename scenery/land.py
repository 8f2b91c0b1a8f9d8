"""The land: hills one behind the other in the haze, the ground, and a lake that mirrors them."""

import math
import random
from dataclasses import dataclass

from PIL import Image, ImageFilter

from scenery.canvas import Canvas, Point
from scenery.light import Colour, Light, mix


@dataclass(frozen=True, slots=True)
class Season:
    """Colours of things in plain daylight."""

    grass: Colour
    leaves: tuple[Colour, ...]
    hills: Colour
    flowers: tuple[Colour, ...]


SEASONS = (
    Season(
        (112, 148, 68),
        ((74, 118, 56), (92, 134, 60), (62, 104, 62)),
        (92, 124, 96),
        ((240, 226, 120), (232, 150, 176), (250, 250, 250)),
    ),
    Season(
        (150, 140, 78),
        ((196, 112, 46), (214, 158, 60), (160, 74, 46)),
        (140, 120, 92),
        ((206, 120, 50), (226, 176, 70)),
    ),
    Season(
        (132, 160, 82),
        ((112, 152, 78), (226, 178, 196), (134, 166, 84)),
        (104, 138, 112),
        ((250, 214, 90), (186, 150, 222), (252, 252, 250)),
    ),
    Season(
        (222, 228, 240),
        ((142, 164, 168), (164, 182, 188), (124, 150, 152)),
        (164, 176, 194),
        ((176, 60, 60),),
    ),
)


def paint_hills(canvas: Canvas, seed: int, light: Light, season: Season, horizon: float) -> None:
    """Ridges from the furthest, pale and high, to the nearest, with its line of trees."""
    rng = random.Random(f"hills {seed}")
    steep = rng.uniform(0.6, 1.5)
    for layer in range(4):
        near = layer / 3
        hazy = 1 - 0.4 * light.lamps  # after sunset the land is darker than the sky
        base = horizon - 0.105 * (1 - near)
        ridge = _ridge(
            rng, canvas.width, base, (0.055 * (1 - near) + 0.018) * steep, 2.0 + 2.5 * near
        )
        top = min(y for _, y in ridge)
        crest = mix(light.on(season.hills), light.air, (0.72 - 0.46 * near) * hazy)
        foot = mix(light.on(season.hills), light.low, (0.84 - 0.42 * near) * hazy)
        with canvas.shape((0, top, canvas.width, horizon + 0.03), (crest, foot)) as pen:
            pen.polygon([*ridge, (canvas.width, horizon + 0.05), (0, horizon + 0.05)])
        if layer >= 2:
            _wood(
                canvas,
                rng,
                ridge,
                light.on(season.leaves[layer % 2], (0.52 - 0.36 * (layer - 2)) * hazy),
                near,
            )


def _ridge(
    rng: random.Random, width: float, base: float, height: float, rate: float
) -> list[Point]:
    waves = [(rate * 1.9**n, rng.uniform(0, math.tau), 0.55**n) for n in range(6)]
    return [
        (x, base - height * sum(size * math.sin(x * f + p) for f, p, size in waves))
        for x in (width * step / 160 for step in range(161))
    ]


def _wood(
    canvas: Canvas, rng: random.Random, ridge: list[Point], colour: Colour, near: float
) -> None:
    """Small trees along a ridge, in groups."""
    groups = [(rng.uniform(0, canvas.width), rng.uniform(0.1, 0.35)) for _ in range(5)]
    top = min(y for _, y in ridge) - 0.06
    bottom = max(y for _, y in ridge) + 0.02
    with canvas.shape((0, top, canvas.width, bottom), colour) as pen:
        for x, y in ridge:
            for _ in range(3):
                at, tall = (
                    x + rng.uniform(-0.006, 0.006),
                    rng.uniform(0.014, 0.030) * (0.5 + 0.5 * near),
                )
                slim = rng.random() < 0.5
                if not any(abs(at - centre) < reach for centre, reach in groups):
                    continue
                if slim:
                    pen.polygon(
                        [
                            (at - tall * 0.28, y + 0.006),
                            (at, y - tall),
                            (at + tall * 0.28, y + 0.006),
                        ]
                    )
                else:
                    pen.ellipse(at, y - tall * 0.35, tall * 0.42, tall * 0.5)


def paint_ground(canvas: Canvas, seed: int, light: Light, season: Season, horizon: float) -> None:
    """Grass from the horizon to the feet, with soft patches of light and dark."""
    rng = random.Random(f"ground {seed}")
    far, near = light.on(season.grass, 0.30), light.on(mix(season.grass, (46, 66, 30), 0.40))
    middle = light.on(season.grass, 0.05)
    edge = _ridge(rng, canvas.width, horizon + 0.012, 0.006, 2.0)
    with canvas.shape((0, horizon - 0.02, canvas.width, 1), (far, middle, middle, near)) as pen:
        pen.polygon([*edge, (canvas.width, 1.1), (0, 1.1)])
    for shade in (
        light.on(mix(season.grass, (30, 56, 26), 0.55)),
        light.on(mix(season.grass, (236, 232, 150), 0.35)),
    ):
        with canvas.shape((0, horizon, canvas.width, 1), shade, opacity=0.26, blur=0.02) as pen:
            for _ in range(16):
                y = horizon + 0.03 + rng.random() ** 0.8 * (0.97 - horizon)
                depth = (y - horizon) / (1 - horizon)
                pen.ellipse(
                    rng.uniform(0, canvas.width),
                    y,
                    0.05 + 0.28 * depth * rng.random(),
                    0.004 + 0.022 * depth,
                )


def paint_lake(canvas: Canvas, light: Light, top: float, bottom: float) -> None:
    """Water that mirrors what is painted above its far shore, with bands of wind."""
    image = canvas.image
    y0, y1 = round(top * image.height), round(bottom * image.height)
    box = (0, max(0, 2 * y0 - y1), image.width, y0)
    mirror = image.crop(box).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    small = mirror.resize((max(1, image.width // 3), max(1, mirror.height // 3)))
    mirror = small.filter(ImageFilter.BoxBlur((3, 1))).resize((image.width, y1 - y0))
    water = Image.new("RGB", mirror.size, mix(light.top, light.on((40, 84, 104)), 0.5))
    image.paste(Image.blend(mirror, water, 0.30), (0, y0))
    rng = random.Random("waves")
    with canvas.shape(
        (0, top, canvas.width, bottom), mix(light.low, (255, 255, 255), 0.15), opacity=0.34
    ) as pen:
        for _ in range(90):
            depth = rng.random() ** 1.6
            y, x = top + 0.004 + depth * (bottom - top), rng.uniform(0, canvas.width)
            length = (0.02 + 0.10 * depth) * rng.random()
            pen.line([(x, y), (x + length, y)], 0.0008 + 0.0014 * depth, rng.randint(60, 255))


def paint_path(
    canvas: Canvas, light: Light, start: Point, end: Point, widths: Point, colour: Colour
) -> None:
    """A path that winds from the door to the feet and widens."""
    left, right = [], []
    for step in range(25):
        t = step / 24
        x = start[0] + (end[0] - start[0]) * (t * t * (3 - 2 * t)) + 0.03 * math.sin(t * 5.2)
        y = start[1] + (end[1] - start[1]) * t
        half = widths[0] + (widths[1] - widths[0]) * t * t
        left.append((x - half, y))
        right.append((x + half, y))
    paint = (
        light.on(mix(colour, (255, 255, 255), 0.1), 0.1),
        light.on(mix(colour, (60, 50, 40), 0.25)),
    )
    with canvas.shape((0, start[1], canvas.width, 1), paint, opacity=0.92) as pen:
        pen.polygon([*left, *reversed(right)])


def paint_meadow(canvas: Canvas, seed: int, light: Light, season: Season, top: float) -> None:
    """Blades of grass and flowers in the foreground."""
    rng = random.Random(f"meadow {seed}")
    for shade, share in (((34, 60, 24), 0.55), ((220, 228, 130), 0.32)):
        with canvas.shape(
            (0, top - 0.03, canvas.width, 1), light.on(mix(season.grass, shade, share)), opacity=0.8
        ) as pen:
            for _ in range(420):
                y = top + (1.02 - top) * rng.random() ** 0.7
                depth = (y - top) / (1 - top)
                x, tall = (
                    rng.uniform(0, canvas.width),
                    (0.008 + 0.028 * depth) * rng.uniform(0.5, 1.2),
                )
                pen.line(
                    [(x, y), (x + rng.uniform(-0.4, 0.4) * tall, y - tall)], 0.0008 + 0.0012 * depth
                )
    for flower in season.flowers:
        with canvas.shape((0, top - 0.03, canvas.width, 1), light.on(flower)) as pen:
            for _ in range(46):
                y = top + (1.0 - top) * rng.random()
                radius = 0.0012 + 0.0034 * (y - top) / (1 - top) * rng.uniform(0.6, 1)
                pen.ellipse(rng.uniform(0, canvas.width), y - radius * 2, radius, radius * 0.85)
