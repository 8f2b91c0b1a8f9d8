"""The sky: its colours, stars, moon, sun and clouds."""

import random

from scenery.canvas import Canvas
from scenery.light import Colour, Light, mix


def paint_sky(canvas: Canvas, seed: int, light: Light, horizon: float, timestamp: float) -> None:
    with canvas.shape((0, 0, canvas.width, horizon + 0.02), _colours(light)) as pen:
        pen.rectangle((0, 0, canvas.width, 1))
    _stars(canvas, seed, light, horizon)
    _moon(canvas, light, horizon)
    _sun(canvas, light, horizon)
    _clouds(canvas, seed, light, horizon, timestamp)


def _colours(light: Light) -> list[Colour]:
    return [light.top, mix(light.top, light.middle, 0.5), light.middle, light.low]


def _stars(canvas: Canvas, seed: int, light: Light, horizon: float) -> None:
    if light.night <= 0:
        return
    rng = random.Random(f"stars {seed}")
    with canvas.shape((0, 0, canvas.width, horizon), (236, 240, 255), opacity=light.night) as pen:
        for _ in range(260):
            x, y = rng.uniform(0, canvas.width), rng.uniform(0, 1) ** 1.4 * horizon
            bright = rng.random() ** 4
            low = 1 - (y / horizon) ** 3  # stars sink into the haze
            radius = 0.0007 + 0.0014 * bright
            pen.ellipse(x, y, radius, radius, round((70 + 185 * bright) * low))


def _moon(canvas: Canvas, light: Light, horizon: float) -> None:
    across, height = light.moon
    if light.night <= 0 or not 0 <= across <= 1:
        return
    x, y = across * canvas.width, horizon * (0.92 - height)
    canvas.glow((x, y), 0.30, (150, 170, 220), 0.34 * light.night)
    canvas.glow((x, y), 0.09, (214, 224, 250), 0.5 * light.night)
    box = (x - 0.04, y - 0.04, x + 0.04, y + 0.04)
    with canvas.shape(box, (246, 243, 226), opacity=light.night) as pen:
        pen.ellipse(x, y, 0.028, 0.028)
    with canvas.shape(box, (206, 204, 196), opacity=light.night * 0.7, blur=0.0015) as pen:
        pen.ellipse(x - 0.009, y - 0.006, 0.008, 0.007)
        pen.ellipse(x + 0.008, y + 0.008, 0.006, 0.005)
        pen.ellipse(x + 0.007, y - 0.011, 0.004, 0.004)


def _sun(canvas: Canvas, light: Light, horizon: float) -> None:
    across, height = light.sun
    if height < -0.2:
        return
    x, y = across * canvas.width, horizon * (0.97 - height * 0.74)
    warm = mix((255, 150, 80), (255, 250, 226), height / 0.35)
    shown = min(1.0, (height + 0.2) / 0.2)
    canvas.glow((x, y), 0.95, warm, 0.75 * shown * (1 - min(0.5, height)))
    if height > -0.06:
        canvas.glow((x, y), 0.22, mix(warm, (255, 255, 255), 0.5), 0.85)
        with canvas.shape(
            (x - 0.05, y - 0.05, x + 0.05, y + 0.05), mix(warm, (255, 255, 250), 0.7)
        ) as pen:
            pen.ellipse(x, y, 0.032, 0.032)


def _clouds(canvas: Canvas, seed: int, light: Light, horizon: float, timestamp: float) -> None:
    rng = random.Random(f"clouds {seed}")
    bright = mix(light.on((252, 252, 252)), light.low, 0.25)
    under = mix(light.on((168, 178, 196)), light.middle, 0.35)
    reach = canvas.width + 1.0
    for _ in range(rng.randint(4, 7)):
        y, size = rng.uniform(0.07, 0.62) * horizon, rng.uniform(0.10, 0.24)
        size *= 0.5 + 0.7 * (1 - y / horizon)  # further away towards the horizon
        speed = rng.uniform(0.0005, 0.0012)  # heights of the picture in a second
        x = (rng.uniform(0, reach) + timestamp * speed) % reach - 0.5
        puffs = [
            (rng.uniform(-1, 1), rng.uniform(-0.16, 0.04), rng.uniform(0.3, 0.5)) for _ in range(14)
        ]
        for colour, drop, dense in ((under, 0.05, 0.55), (bright, 0.0, 0.8)):
            box = (x - 2.2 * size, y - size, x + 2.2 * size, y + 0.6 * size)
            opacity = dense * (1 - 0.55 * light.night)
            with canvas.shape(box, colour, opacity=opacity, blur=size * 0.055) as pen:
                for dx, dy, radius in puffs:
                    taper = 1 - dx * dx * 0.72
                    pen.ellipse(
                        x + dx * size,
                        y + (dy * taper + drop) * size,
                        radius * size * (0.5 + taper / 2),
                        radius * size * 0.5 * taper,
                    )
