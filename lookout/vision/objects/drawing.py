"""Boxes on a picture."""

import io
from collections.abc import Sequence
from typing import Final

from PIL import ImageDraw

from lookout.contract.images import PERSON
from lookout.vision.objects.thing import Thing
from lookout.vision.pictures import drawn, opened
from lookout.vision.upright import upright_size

LINE: Final = 250  # a line is this part of the picture's width, two pixels at least
QUALITY: Final = 90
COLOURS: Final = {True: (255, 80, 40), False: (40, 160, 255)}  # of people, of other things


def with_boxes(jpeg: bytes, things: Sequence[Thing]) -> bytes:
    """The picture as a JPEG with a box and a name for each thing. Raises BadPicture."""
    with opened(jpeg) as image:
        picture = drawn(image, upright_size(image))
        draw = ImageDraw.Draw(picture)
        width = max(2, picture.width // LINE)
        for thing in things:
            x, y, across, down = thing.box
            left, right = (at * picture.width / 100 for at in (x, x + across))
            top, bottom = (at * picture.height / 100 for at in (y, y + down))
            colour = COLOURS[thing.label == PERSON]
            draw.rectangle((left, top, max(left, right), max(top, bottom)), None, colour, width)
            draw.text((left + 2 * width, top + width), f"{thing.label} {thing.score:.2f}", colour)
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=QUALITY)
        return buffer.getvalue()
