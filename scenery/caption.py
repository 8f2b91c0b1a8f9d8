"""The date and time of a capture, burnt into a corner of the picture."""

import time

from PIL import Image, ImageDraw, ImageFont


class Caption:
    """Writes the local time in Pillow's own font, so that no font file is needed."""

    def __init__(self, height: int) -> None:
        self._size = max(8, round(height * 0.024))
        self._font = ImageFont.load_default(self._size)

    def write(self, image: Image.Image, timestamp: float) -> None:
        text = time.strftime("%Y-%m-%d  %H:%M:%S", time.localtime(timestamp))
        at, margin = (self._size, image.height - 2 * self._size), self._size // 2
        draw = ImageDraw.Draw(image, "RGBA")
        left, top, right, bottom = draw.textbbox(at, text, font=self._font)
        box = (left - margin, top - margin, right + margin, bottom + margin)
        draw.rounded_rectangle(box, radius=margin, fill=(0, 0, 0, 110))
        draw.text(at, text, font=self._font, fill=(255, 255, 255, 235))
