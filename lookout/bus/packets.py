"""A stream of bytes, cut into MQTT packets: many with one read, or a part of a large one. Pure."""

from typing import Final, NamedTuple

from lookout.bus.publish import read_number

FIRST_SIZE: Final = (
    64 << 10
)  # bytes read at once, and at most, where reads fill the room they have:
MOST_SIZE: Final = (
    1 << 20
)  # 133 microseconds for an image of 100 KiB with 128 KiB at once, 94 with 1 MiB
LEAST_ROOM: Final = 16 << 10  # a read into less is not worth its system call
_LONGEST_HEADER: Final = 5  # bytes: the type and the length


class Packet(NamedTuple):
    """One packet; it lies in the buffer, where the next read may write over it."""

    header: int
    body: memoryview
    whole: memoryview


class PacketBuffer:
    """What has come and is not taken yet. It grows with what comes, not with what is announced."""

    def __init__(self, size: int = FIRST_SIZE, most: int = MOST_SIZE) -> None:
        self._size = size
        self._most = most
        self._data = memoryview(bytearray(size))
        self._start = self._end = 0
        self._next: tuple[int, int] | None = None  # where the first packet's body starts and ends

    def room(self) -> memoryview:
        """Where the next bytes go."""
        waiting = self._end - self._start
        if not waiting:
            self._start = self._end = 0
            self._next = None
            if len(self._data) != self._size:
                self._data = memoryview(bytearray(self._size))
        elif len(self._data) - self._end < LEAST_ROOM:
            self._move(waiting)
        return self._data[self._end :]

    def came(self, count: int) -> None:
        """So many bytes were written there."""
        self._end += count
        if self._end == len(self._data) and self._size < self._most:
            self._size *= 2

    def has_packet(self) -> bool:
        """Whether a whole packet is here. Raises Malformed when its length is none."""
        if self._next is None:
            self._next = self._measure()
        return self._next is not None and self._next[1] <= self._end

    def take(self) -> Packet | None:
        """The next whole packet. Raises Malformed."""
        if not self.has_packet() or self._next is None:
            return None
        start, (body, end) = self._start, self._next
        self._start, self._next = end, None
        return Packet(self._data[start], self._data[body:end], self._data[start:end])

    def _measure(self) -> tuple[int, int] | None:
        """Where the next packet's body starts and ends; None while its length has not come."""
        begin = self._data[self._start : min(self._end, self._start + _LONGEST_HEADER)]
        try:
            length, header = read_number(begin, 1)
        except IndexError:
            return None
        return self._start + header, self._start + header + length

    def _move(self, waiting: int) -> None:
        """To the front, and where that makes too little room into a larger buffer."""
        size = max(self._size, len(self._data))
        if waiting * 2 > size:
            size *= 2
        data = memoryview(bytearray(size)) if size > len(self._data) else self._data
        data[:waiting] = self._data[self._start : self._end]
        if self._next is not None:
            self._next = self._next[0] - self._start, self._next[1] - self._start
        self._data, self._start, self._end = data, 0, waiting
