"""A JPEG's size from its header, without a library. Pure: for the node and for the hub, which looks
at every image that it takes in (68 microseconds with Pillow, 8 so).

It is sure only of what cameras send. Where it is not it says None, and Pillow is asked, which
knows more kinds of headers. The format is ISO 10918-1, annex B.
"""

from typing import Final

START: Final = b"\xff\xd8\xff"
END: Final = b"\xff\xd9"
MOST_BEFORE: Final = 65_536  # bytes that may stand before a picture; some cameras leave a header
_SOME_PADDING: Final = 4_096  # bytes behind the end of most that have any
_FRAMES: Final = frozenset((0xC0, 0xC1, 0xC2))  # baseline, extended, progressive
_TABLES, _SCAN, _QUANTIZATION = frozenset((0xC4, 0xDD, 0xFE)), 0xDA, 0xDB
_APPLICATION: Final = range(0xE0, 0xF0)
_TABLE = 65  # bytes of a quantization table of 8 bits, with its number
# Application segments that Pillow looks into, by their beginning, and the bytes it needs there; of
# the last two what it finds decides what it makes of the image.
_LEAST: Final = {b"JFIF": 7, b"Adobe": 7, b"ICC_PROFILE\0": 14, b"MPF\0": None, b"Photoshop": None}


def picture(data: bytes) -> bytes:
    """The picture without what stands before it; nothing where none begins."""
    at = data.find(START, 0, MOST_BEFORE + len(START))
    return data[at:] if at > 0 else data if at == 0 else b""


def has_pixels(data: bytes) -> bool:
    """Whether there is more than a header: a picture can be shown as far as it goes."""
    scan = _scan(data)
    return scan is None or scan < len(data)


def has_end(data: bytes) -> bool:
    """Whether a JPEG goes on to its end mark, with any padding behind.

    Without one it is damaged: the lower part is missing, or the mark alone. An end mark before the
    scan is that of a preview in the header.
    """
    if data.rfind(END, max(0, len(data) - _SOME_PADDING)) > len(data) // 2:
        return True  # hardly ever is the header half of it: spare the walk
    scan = _scan(data)
    return data.rfind(END, 0 if scan is None else scan) >= 0


def _scan(data: bytes) -> int | None:
    """Where the coded data begin, the end of `data` where they do not; None: cannot be told."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return None
        if data[at + 1] == 0xFF:  # a byte that fills
            at += 1
            continue
        kind, length = data[at + 1], (data[at + 2] << 8) + data[at + 3]
        at += 2 + max(2, length)
        if kind == _SCAN:
            return min(at, len(data))
    return len(data)


def frame_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of a JPEG whose header is as it should be, all up to its scan."""
    size, at = None, 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        kind, start = data[at + 1], at + 4
        at += 2 + (data[at + 2] << 8) + data[at + 3]
        if at < start or at > len(data):
            return None
        if kind == _SCAN:
            return size
        if kind in _FRAMES and size is None:
            size = _size(data, start, at)
            if size is None:
                return None
        elif not _is_plain(kind, data, start, at):
            return None
    return None


def _size(data: bytes, start: int, end: int) -> tuple[int, int] | None:
    """What a frame header says: 8 bits a sample, one, three or four components, no side of 0."""
    if end - start < 6 or data[start] != 8 or data[start + 5] not in (1, 3, 4):
        return None
    if end - start != 6 + 3 * data[start + 5]:
        return None
    height, width = (
        (data[start + 1] << 8) + data[start + 2],
        (data[start + 3] << 8) + data[start + 4],
    )
    return (width, height) if width and height else None


def _is_plain(kind: int, data: bytes, start: int, end: int) -> bool:
    """Whether a segment can be skipped."""
    if kind in _TABLES:
        return True
    if kind == _QUANTIZATION:
        return (end - start) % _TABLE == 0 and all(each < 16 for each in data[start:end:_TABLE])
    return kind in _APPLICATION and _is_plain_application(data, start, end)


def _is_plain_application(data: bytes, start: int, end: int) -> bool:
    for beginning, least in _LEAST.items():
        if data.startswith(beginning, start, end):
            return least is not None and end - start >= least
    return True
