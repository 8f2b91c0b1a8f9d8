"""A scene that looks like a place: drawn from a seed and a time, always the same for both."""

import random

from PIL import Image

from scenery.buildings import ROOFS, WALLS, Building, paint_building
from scenery.canvas import Canvas, Point
from scenery.caption import Caption
from scenery.details import paint_bales, paint_boat
from scenery.land import (
    SEASONS,
    paint_ground,
    paint_hills,
    paint_lake,
    paint_meadow,
    paint_path,
)
from scenery.light import Light, light_at
from scenery.person import paint_walker, walker_at
from scenery.plants import paint_fence, paint_tree
from scenery.sky import paint_sky

__all__ = ["Light", "Scene", "light_at"]

STEP = 60.0  # seconds for which the light and the clouds stay as they are
KINDS = ("garden", "lake", "farm")


class Scene:
    """One place. The background is drawn once a minute, the walker and the clock each time."""

    def __init__(self, seed: int, size: tuple[int, int]) -> None:
        self._seed = seed
        self._size = size
        self._caption = Caption(size[1])
        self._background: tuple[float, Image.Image] | None = None
        rng = random.Random(f"place {seed}")
        self._kind = KINDS[seed % len(KINDS)]
        self._season = SEASONS[(seed // len(KINDS) + rng.randrange(3)) % len(SEASONS)]
        self._horizon = rng.uniform(0.50, 0.58)

    def draw(self, timestamp: float) -> Image.Image:
        """The scene at a Unix time, as a new RGB image."""
        canvas = Canvas(self._lit(timestamp - timestamp % STEP).copy())
        walker = walker_at(self._seed, timestamp, canvas.width)
        if walker is not None:
            light = light_at(self._seed, timestamp)
            paint_walker(canvas, self._seed, light, walker, 0.905, 0.235)
        self._caption.write(canvas.image, timestamp)
        return canvas.image

    def _lit(self, minute: float) -> Image.Image:
        if self._background is None or self._background[0] != minute:
            self._background = None  # two of them at once would be too much for a small Pi
            self._background = minute, self._painted(minute)
        return self._background[1]

    def _painted(self, timestamp: float) -> Image.Image:
        canvas = Canvas(Image.new("RGB", self._size))
        light, season, horizon = light_at(self._seed, timestamp), self._season, self._horizon
        paint_sky(canvas, self._seed, light, horizon, timestamp)
        paint_hills(canvas, self._seed, light, season, horizon)
        shore = horizon
        if self._kind == "lake":
            shore = horizon + 0.17
            paint_lake(canvas, light, horizon + 0.004, shore + 0.03)
            paint_boat(canvas, light, self._boat(canvas.width, timestamp), 0.055)
        paint_ground(canvas, self._seed, light, season, shore)
        self._furnish(canvas, light, shore)
        paint_meadow(canvas, self._seed, light, season, 0.93)
        return canvas.image

    def _furnish(self, canvas: Canvas, light: Light, shore: float) -> None:
        rng = random.Random(f"things {self._seed}")
        house = self._building(rng, canvas.width, shore)
        trees = sorted(
            (
                (
                    rng.uniform(0, canvas.width),
                    rng.uniform(shore + 0.035, 0.80),
                    rng.uniform(0.2, 0.34),
                )
                for _ in range(9)
            ),
            key=lambda tree: tree[1],
        )
        clear = (house.at[0] - 0.12, house.at[0] + house.size * 2 + 0.1)
        for x, y, tall in trees:
            if y < house.at[1] - 0.02:
                paint_tree(canvas, rng, light, self._season, (x, y), tall)
        if self._kind == "farm":
            paint_bales(canvas, light, rng, shore + 0.14)
        paint_path(
            canvas,
            light,
            house.door,
            (canvas.width * rng.uniform(0.3, 0.7), 1.02),
            (0.022, 0.13),
            (186, 164, 132),
        )
        fence = ((236, 234, 226), (150, 112, 82), (168, 150, 128))[self._seed % 3]
        paint_fence(
            canvas,
            light,
            fence,
            (-0.02, shore + 0.13),
            (house.at[0] - 0.03, shore + 0.105),
            0.06,
            pickets=self._kind == "garden",
        )
        paint_fence(
            canvas,
            light,
            fence,
            (house.at[0] + house.size * (1 + house.side) + 0.02, shore + 0.10),
            (canvas.width + 0.02, shore + 0.125),
            0.06,
            pickets=self._kind == "garden",
        )
        paint_building(canvas, light, house, self._seed)
        for x, y, tall in trees:
            if y >= house.at[1] - 0.02 and not clear[0] < x < clear[1]:
                paint_tree(canvas, rng, light, self._season, (x, y), tall)

    def _boat(self, width: float, timestamp: float) -> Point:
        reach = width + 0.3
        return (timestamp * 0.0008 + self._seed) % reach - 0.15, self._horizon + 0.07

    def _building(self, rng: random.Random, width: float, shore: float) -> Building:
        at = width * rng.choice((rng.uniform(0.10, 0.24), rng.uniform(0.52, 0.66))), shore + 0.115
        if self._kind == "farm":
            return Building(at, 0.25, (164, 50, 44), (104, 98, 100), (240, 236, 228), 0, 1.15)
        if self._kind == "lake":
            return Building(at, 0.19, (128, 88, 62), (70, 84, 74), (226, 214, 190), 0, 1.0)
        return Building(at, 0.22, rng.choice(WALLS), rng.choice(ROOFS), (252, 250, 244), 1, 0.9)
