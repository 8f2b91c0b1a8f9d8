"""JPEGs from outside: is this a whole one, and how large? Whatever is not, is a BadPicture."""

from typing import Final

from PIL import Image

from lookout.vision.pictures import BadPicture, drawn, opened
from lookout.vision.upright import upright_size
from services.camera.sources.jpegscan import END, JpegScanner
from services.camera.sources.size import Size, fitted

MAX_BYTES: Final = 20_000_000
MOST_PIXELS: Final = 100_000_000  # a Pi has 512 MB and more, and needs six bytes for each
_LEAST_SIDE, _LAST_LINES = 8, 2  # pixels
_TAKEN: Final = 4096  # bytes behind the end that the hub takes


def jpeg_size(jpeg: bytes) -> Size:
    """Width and height in pixels; raises BadPicture unless the whole JPEG decodes."""
    with opened(jpeg, most_pixels=MOST_PIXELS) as image:
        size = image.size
        # An eighth of the pixels, all the bytes.
        image.draft("L", (max(1, size[0] // 8), max(1, size[1] // 8)))
        image.load()
        _check_end(jpeg, image)
        return size


def decoded(jpeg: bytes, limit: Size) -> Image.Image:
    """The picture upright, at most this large; raises BadPicture unless the whole decodes."""
    with opened(jpeg, most_pixels=MOST_PIXELS) as image:
        small = drawn(image, fitted(upright_size(image), limit))
        _check_end(jpeg, image)
        return small


def trimmed(jpeg: bytes) -> bytes:
    """The JPEG without what some cameras leave behind its end, where the hub would not take that.

    Others are left as they are: an MPO's second picture lies there, for one.
    """
    if jpeg.rfind(END, max(0, len(jpeg) - _TAKEN)) >= 0:
        return jpeg
    pieces = JpegScanner(MAX_BYTES).feed(jpeg)
    return pieces[0].jpeg if pieces and jpeg.startswith(pieces[0].jpeg) else jpeg


def check_scan(jpeg: bytes) -> None:
    """Raises BadPicture unless the coded data go on to the last pixel.

    Pillow's decoder fills what is missing with grey and says nothing, where there is an end mark.
    """
    import av

    strict = av.CodecContext.create("mjpeg", "r")
    strict.options = {"err_detect": "explode"}
    try:
        strict.decode(av.Packet(jpeg))
        strict.decode(None)
    except av.InvalidDataError:
        raise BadPicture("it is cut off") from None
    except av.FFmpegError:
        return  # a kind that libav does not know


def _check_end(jpeg: bytes, image: Image.Image) -> None:
    """As `check_scan`, for pictures that look like it: their last lines are of one shade exactly.

    Hardly a whole picture has such, and a strict decoder is not asked about the others: it might
    not like something that does no harm.
    """
    if min(image.size) < _LEAST_SIDE:
        return
    last = image.crop((0, image.height - _LAST_LINES, *image.size))
    if len(last.getcolors(1) or ()) == 1:
        check_scan(jpeg)
