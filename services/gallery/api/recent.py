"""Bytes that were sent a moment ago: a new picture is asked for by every live page at once."""

import time
from collections import OrderedDict
from typing import Final

MOST_BYTES: Final = 64 << 20
SECONDS: Final = 10.0  # so long may an image be shown that another process has deleted
_LARGEST_SHARE: Final = 8  # one entry takes an eighth of the room at most


class Recent:
    """The last images and thumbnails, by image id and width; bounded in bytes and in age."""

    def __init__(self, *, most_bytes: int = MOST_BYTES, seconds: float = SECONDS) -> None:
        self._kept: OrderedDict[tuple[str, int | None], tuple[float, bytes]] = OrderedDict()
        self._most = most_bytes
        self._seconds = seconds
        self._size = 0

    @property
    def size(self) -> int:
        """Bytes held."""
        return self._size

    def get(self, image_id: str, width: int | None) -> bytes | None:
        """The bytes, if they were put a moment ago."""
        entry = self._kept.get((image_id, width))
        if entry is None:
            return None
        until, data = entry
        if time.monotonic() >= until:
            self._drop((image_id, width))
            return None
        return data

    def put(self, image_id: str, width: int | None, data: bytes) -> None:
        """Keep the bytes for a moment; the oldest make room."""
        if len(data) > self._most // _LARGEST_SHARE:
            return
        self._drop((image_id, width))
        self._kept[image_id, width] = (time.monotonic() + self._seconds, data)
        self._size += len(data)
        while self._size > self._most:
            self._drop(next(iter(self._kept)))

    def forget(self, image_id: str) -> None:
        """It was deleted."""
        for key in [key for key in self._kept if key[0] == image_id]:
            self._drop(key)

    def _drop(self, key: tuple[str, int | None]) -> None:
        _, data = self._kept.pop(key, (0.0, b""))
        self._size -= len(data)
