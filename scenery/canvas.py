"""Shapes with smooth edges on a picture, in units of its height.

Pillow draws polygons with hard edges, so each shape is drawn twice as large into a mask of its own
and made smaller; soft shapes (clouds, shadows, glows) are drawn small, blurred and made larger.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from PIL import Image, ImageDraw, ImageFilter

from scenery.light import Colour

Point = tuple[float, float]
Box = tuple[float, float, float, float]
Paint = Colour | Sequence[Colour]

CRISP = 2.0
SOFT = 0.25


class Pen:
    """Draws into the mask of one shape, in the canvas's units; `strength` 0 to 255."""

    def __init__(self, mask: Image.Image, origin: Point, scale: float) -> None:
        self._draw = ImageDraw.Draw(mask)
        self._x, self._y = origin
        self._scale = scale

    def polygon(self, points: Sequence[Point], strength: int = 255) -> None:
        self._draw.polygon([self._at(*point) for point in points], fill=strength)

    def line(self, points: Sequence[Point], width: float, strength: int = 255) -> None:
        """A line with round ends and joints."""
        at = [self._at(*point) for point in points]
        pixels = max(1, round(width * self._scale))
        self._draw.line(at, fill=strength, width=pixels, joint="curve")
        if pixels > 2:
            for x, y in (at[0], at[-1]):
                half = pixels / 2
                self._draw.ellipse((x - half, y - half, x + half, y + half), fill=strength)

    def ellipse(self, x: float, y: float, rx: float, ry: float, strength: int = 255) -> None:
        self._draw.ellipse((*self._at(x - rx, y - ry), *self._at(x + rx, y + ry)), fill=strength)

    def rectangle(self, box: Box, strength: int = 255) -> None:
        self._draw.rectangle((*self._at(*box[:2]), *self._at(*box[2:])), fill=strength)

    def _at(self, x: float, y: float) -> Point:
        return (x - self._x) * self._scale, (y - self._y) * self._scale


class Canvas:
    """A picture being painted: x from 0 to `width`, y from 0 (top) to 1."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image
        self.width = image.width / image.height
        self._height = image.height

    @contextmanager
    def shape(
        self, box: Box, paint: Paint, *, opacity: float = 1.0, blur: float = 0.0
    ) -> Iterator[Pen]:
        """Paint what the pen draws within the box: one colour, or several from top to bottom."""
        pixels = self._clipped(box)
        detail = SOFT if blur else CRISP
        width, height = pixels[2] - pixels[0], pixels[3] - pixels[1]
        if width <= 0 or height <= 0:
            yield Pen(Image.new("L", (1, 1)), (0, 0), 0)
            return
        size = max(1, round(width * detail)), max(1, round(height * detail))
        mask = Image.new("L", size)
        origin = pixels[0] / self._height, pixels[1] / self._height
        yield Pen(mask, origin, self._height * detail)
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur * self._height * detail))
            mask = mask.resize((width, height), Image.Resampling.BILINEAR)
        else:
            mask = mask.reduce(2)
        if opacity < 1:
            mask = mask.point([round(value * opacity) for value in range(256)])
        self.image.paste(_painted(paint, (width, height)), pixels, mask)

    def glow(self, centre: Point, radius: float, colour: Colour, opacity: float) -> None:
        """Light around a point, fading outwards."""
        pixels = self._clipped(
            (centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius)
        )
        width, height = pixels[2] - pixels[0], pixels[3] - pixels[1]
        if width <= 0 or height <= 0 or opacity <= 0:
            return
        across = 2 * radius * self._height / 256  # pixels of the picture for one of the gradient
        left = (centre[0] - radius) * self._height
        top = (centre[1] - radius) * self._height
        part = ((pixels[0] - left) / across, (pixels[1] - top) / across)
        area = (*part, part[0] + width / across, part[1] + height / across)
        fade = [round(255 * opacity * max(0.0, 1 - v / 181) ** 2.2) for v in range(256)]
        mask = Image.radial_gradient("L").point(fade)
        mask = mask.transform(
            (width, height), Image.Transform.EXTENT, area, Image.Resampling.BILINEAR
        )
        self.image.paste(colour, pixels, mask)

    def _clipped(self, box: Box) -> tuple[int, int, int, int]:
        left, top, right, bottom = (value * self._height for value in box)
        return (
            max(0, int(left)),
            max(0, int(top)),
            min(self.image.width, int(right) + 1),
            min(self.image.height, int(bottom) + 1),
        )


def _painted(paint: Paint, size: tuple[int, int]) -> Image.Image | Colour:
    if isinstance(paint[0], int):
        return paint  # type: ignore[return-value]
    return gradient(paint, size)  # type: ignore[arg-type]


def gradient(colours: Sequence[Colour], size: tuple[int, int]) -> Image.Image:
    """The colours from top to bottom, evenly spaced."""
    stops = Image.new("RGB", (1, len(colours)))
    stops.putdata(list(colours))
    # From the middle of the first stop to the middle of the last, for a slope without flat ends.
    box = (0, 0.5, 1, len(colours) - 0.5)
    column = stops.resize((1, size[1]), Image.Resampling.BILINEAR, box=box)
    return column.resize(size, Image.Resampling.NEAREST)
