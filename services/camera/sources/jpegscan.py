"""The JPEGs in a stream of bytes, found by their own marks, whatever stands between them.

Cameras say wrongly, or not at all, where a part of `multipart/x-mixed-replace` begins and how long
it is: no boundary before the first, a length that is a little off, parts without headers, text
parts. A JPEG tells itself where it begins and ends (ITU T.81, annex B).
"""

import re
from dataclasses import dataclass
from typing import Final

START: Final = b"\xff\xd8"
END: Final = b"\xff\xd9"
_START_MARK, _END_MARK, _SCAN_MARK = 0xD8, 0xD9, 0xDA
_BARE: Final = frozenset((0x01, *range(0xD0, 0xD8)))  # marks without a length
_LEAST_MARK: Final = 0xC0  # those below are reserved, but for 0x01
# In coded data 0xFF is followed by 0 or by the mark of a restart; any other mark ends it.
_NEXT_MARK: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_BOUNDARY: Final = re.compile(rb"\r?\n(?:--|Content-)", re.I)
_TRAILER: Final = 1024  # bytes before the next picture in which a boundary is looked for


@dataclass(frozen=True, slots=True)
class Piece:
    """One picture. Where its end did not come before the next began, it was added here."""

    jpeg: bytes
    ended: bool


class JpegScanner:
    """Takes bytes as they come and gives the pictures in them."""

    def __init__(self, most: int) -> None:
        """`most` is how many bytes a picture may have; a larger one is left out."""
        self.left_out = 0  # what began like a picture and was none
        self._most = most
        self._buffer = bytearray()
        self._begun = False  # a picture stands at the beginning of the buffer
        self._at = len(START)  # where its next mark is, or is looked for
        self._scanning = False  # within coded data
        self._scanned = False  # it has coded data

    def feed(self, data: bytes) -> list[Piece]:
        """The pictures that end in these bytes."""
        self._buffer += data
        found = []
        while self._begin():
            ended = self._walk()
            if ended is None:
                break
            found += self._taken(ended)
        if len(self._buffer) > self._most:
            self._drop(len(self._buffer))
        return found

    def _begin(self) -> bool:
        """Have the buffer begin with a picture; whether it does."""
        if not self._begun:
            start = self._buffer.find(START + b"\xff")
            if start < 0:
                del self._buffer[:-2]  # it may begin there
                return False
            del self._buffer[:start]
            self._begun = True
        return True

    def _walk(self) -> int | None:
        """From mark to mark, as far as there are bytes; the last mark, or None for more bytes.

        0 stands for what no JPEG has.
        """
        buffer = self._buffer
        while True:
            if self._scanning and not self._to_next_mark():
                return None
            if len(buffer) < self._at + 4 and not buffer.startswith(END, self._at):
                return None
            mark = buffer[self._at + 1] if buffer[self._at] == 0xFF else 0
            if mark < _LEAST_MARK and mark not in _BARE:
                return 0
            if mark in {_END_MARK, _START_MARK}:
                return mark
            self._pass(mark)

    def _pass(self, mark: int) -> None:
        if mark == 0xFF:  # a byte that fills
            self._at += 1
        elif mark in _BARE:
            self._at += 2
        else:
            length = int.from_bytes(self._buffer[self._at + 2 : self._at + 4])
            self._at += 2 + max(2, length)
            self._scanning = mark == _SCAN_MARK
            self._scanned = self._scanned or self._scanning

    def _to_next_mark(self) -> bool:
        found = _NEXT_MARK.search(self._buffer, self._at)
        if found is None:
            self._at = max(self._at, len(self._buffer) - 1)
            return False
        self._at, self._scanning = found.start(), False
        return True

    def _taken(self, mark: int) -> list[Piece]:
        if mark == _END_MARK:
            piece = Piece(bytes(self._buffer[: self._at + 2]), ended=True)
            del self._buffer[: self._at + 2]
            self._forget()
            return [piece]
        if self._scanned:  # the next one begins, or something else, and this had no end
            piece = Piece(_without_boundary(bytes(self._buffer[: self._at])) + END, ended=False)
            del self._buffer[: self._at]
            self._forget()
            return [piece]
        self._drop(len(START))
        return []

    def _drop(self, count: int) -> None:
        self.left_out += 1
        del self._buffer[:count]
        self._forget()

    def _forget(self) -> None:
        self._begun = self._scanning = self._scanned = False
        self._at = len(START)


def _without_boundary(jpeg: bytes) -> bytes:
    found = _BOUNDARY.search(jpeg, max(0, len(jpeg) - _TRAILER))
    return jpeg[: found.start()] if found else jpeg
