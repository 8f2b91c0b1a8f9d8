"""Any one frame of a film, exactly, without decoding all that comes before it."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from lookout.errors import LookoutError

Numbered = tuple[int, VideoFrame]


class NoFilm(LookoutError, ValueError):
    """The file cannot be played; the message says why."""


class Film:
    """A film and an index of its frames, made at the start from its packets, without decoding.

    The index makes a frame's number exact in every container: the frame counts and rates in
    headers are often missing or wrong. Not for use by two threads at once.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last: Numbered | None = None
        self._container, self._stream = self._open()
        try:
            self._make_index()
            self._jump(0)
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        return len(self._times)

    def frame(self, number: int) -> Numbered:
        """Frame `number`, and its number; where it is damaged the next good one.

        Raises NoFilm when no frame can be decoded.
        """
        if self._last is None or self._last[0] != number:
            self._last = self._find(number) or self._find(0)
        if self._last is None:
            raise NoFilm("none of its frames can be decoded")
        return self._last

    def seconds(self, number: int) -> float:
        """When frame `number` is shown, counted from the first one."""
        return float((self._times[number] - self._times[0]) * self._time_base)

    def close(self) -> None:
        self._last = None
        self._container.close()

    def _open(self) -> tuple[InputContainer, VideoStream]:
        container = av.open(str(self._path))
        if not container.streams.video:
            container.close()
            raise NoFilm("it has no video in it")
        return container, container.streams.video[0]

    def _make_index(self) -> None:
        packets = [(packet.pts, packet.is_keyframe) for packet in self._packets()]
        self._timed = all(pts is not None for pts, _ in packets)
        if self._timed:
            self._time_base = self._stream.time_base or Fraction(1)
            times = sorted({pts for pts, _ in packets if pts is not None})
            keys = sorted({pts for pts, key in packets if key and pts is not None})
        else:  # a bare stream without times: frames can only be counted from the start
            self._time_base = 1 / (self._stream.average_rate or Fraction(25))
            times, keys = list(range(len(packets))), []
        if not times:
            raise NoFilm("it holds no frames")
        self._times = array("q", times)
        self._keys = array("q", [bisect_left(self._times, key) for key in keys])

    def _find(self, number: int) -> Numbered | None:
        if self._is_just_ahead(number):
            return self._advance(number)
        for key in self._starts(number):
            self._jump(key)
            first = next(self._frames, None)
            # Some containers land later than asked, by the decoding time: then from further back.
            if first and (key == 0 or first[0] <= number):
                return first if first[0] >= number else self._advance(number)
        return None

    def _is_just_ahead(self, number: int) -> bool:
        """Whether decoding on is less work than a jump: no key frame lies in between."""
        if self._last is None or number < self._last[0]:
            return False
        return bisect_right(self._keys, number) == bisect_right(self._keys, self._last[0])

    def _starts(self, number: int) -> list[int]:
        """Where decoding may start to reach a frame, nearest first."""
        last = bisect_right(self._keys, number)
        return [*reversed(self._keys[max(0, last - 2) : last]), 0]

    def _jump(self, key: int) -> None:
        if key == 0:  # opened again, which works in every container, unlike a seek
            self._container.close()
            self._container, self._stream = self._open()
        else:
            self._container.seek(self._times[key], stream=self._stream)
        self._frames = self._decode()

    def _advance(self, number: int) -> Numbered | None:
        return next((found for found in self._frames if found[0] >= number), None)

    def _decode(self) -> Iterator[Numbered]:
        """The frames from here on with their numbers; what is damaged is left out."""
        count = 0
        for packet in self._packets(flush=True):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                count += 1  # keeps the count near the truth where there are no times
                continue
            for frame in frames:
                if isinstance(frame, VideoFrame):
                    number = self._number(frame, count)
                    count += 1
                    if not frame.is_corrupt:
                        yield number, frame

    def _number(self, frame: VideoFrame, count: int) -> int:
        if not self._timed or frame.pts is None:
            return min(count, len(self) - 1)
        return min(bisect_left(self._times, frame.pts), len(self) - 1)

    def _packets(self, *, flush: bool = False) -> "Iterator[Packet[VideoStream]]":
        """The video's packets up to the end of the file or to where it cannot be read further."""
        try:
            for packet in self._container.demux(self._stream):
                if (packet.size and not packet.is_discard) or flush:
                    yield packet
        except av.FFmpegError:
            return
