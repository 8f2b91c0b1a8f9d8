"""A stream that libav reads, in a thread that keeps the newest frame and nothing else.

Frames are decoded as they come, since each needs the one before; they become pixels on demand.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from services.camera.sources.size import Size
from services.camera.sources.upright import upright_image, upright_size

MOST_DAMAGED: Final = 100  # packets in a row that do not decode
WAITED: Final = 0.005  # seconds; a read that takes longer has waited for the camera
LONGEST_BURST: Final = 3.0  # seconds; a computer that decodes too slowly never waits
LONGEST_HELD: Final = 0.5  # seconds for which a frame may turn out to be an old one
STOP_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class DecodedShot:
    """A frame as libav decoded it."""

    number: int
    frame: VideoFrame
    timestamp: float  # Unix seconds
    came: float  # on the monotonic clock

    @property
    def size(self) -> Size:
        return upright_size(self.frame)

    def image(self, limit: Size) -> Image.Image:
        return upright_image(self.frame, limit)


class Decoding:
    """Reads until the stream ends, breaks or `close`.

    To find out what is in a stream, libav reads up to some seconds of it and then gives all of that
    at once. Those frames are old, and are let go: up to 2 s with a camera of 15 frames a second.
    """

    def __init__(self, opened: Callable[[], InputContainer], changed: Callable[[], None]) -> None:
        """`changed` is called in the reader's thread after each frame and at the end."""
        self._newest: DecodedShot | None = None
        self._current = False  # what comes now is new
        self.problem = ""  # why it ended; empty while it runs
        self._opened = opened
        self._changed = changed
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stream", daemon=True)
        self._thread.start()

    @property
    def newest(self) -> DecodedShot | None:
        """The newest frame; while old ones may come, one after which nothing came for a while."""
        shot = self._newest
        if shot and (self._current or time.monotonic() - shot.came > LONGEST_HELD):
            return shot
        return None

    @property
    def silence(self) -> str:
        return ""

    async def close(self) -> None:
        """End the thread; one that waits for its camera is left behind and ends by itself."""
        self._closing.set()
        await asyncio.to_thread(self._thread.join, STOP_SECONDS)

    def _run(self) -> None:
        try:
            self._read()
        except av.ExitError:  # our own deadline for a read
            self.problem = "nothing comes any more"
        except Exception as error:  # whatever the library raises: it must not end unseen
            self.problem = getattr(error, "strerror", None) or type(error).__name__
        finally:
            self.problem = self.problem or "the stream ended"
            with contextlib.suppress(RuntimeError):  # the event loop has ended
                self._changed()

    def _read(self) -> None:
        with self._opened() as container:
            if not container.streams.video:
                kinds = ", ".join(sorted({each.type for each in container.streams}))
                self.problem = f"it carries no video ({kinds or 'nothing'} only)"
                return
            for number, frame in enumerate(self._whole(container), start=1):
                self._newest = DecodedShot(number, frame, time.time(), time.monotonic())
                self._changed()

    def _whole(self, container: InputContainer) -> Iterator[VideoFrame]:
        """Frames from the first keyframe on: those before it, or after damage, show garbage."""
        whole, damaged = False, 0
        for packet in self._packets(container):
            try:
                frames = packet.decode()
            except av.InvalidDataError:
                whole, damaged = False, damaged + 1
                if damaged > MOST_DAMAGED:
                    raise
                continue
            for frame in frames:
                if not isinstance(frame, VideoFrame):
                    continue
                whole = (whole or frame.key_frame) and not frame.is_corrupt
                damaged = 0
                if whole:
                    yield frame

    def _packets(self, container: InputContainer) -> "Iterator[Packet[VideoStream]]":
        """Packets until `close`; whether one had to be waited for is noted."""
        packets, start = container.demux(video=0), time.monotonic()
        while not self._closing.is_set():
            began = time.monotonic()
            packet = next(packets, None)
            waited, since = time.monotonic() - began, time.monotonic() - start
            self._current = self._current or waited > WAITED or since > LONGEST_BURST
            if packet is None:
                return
            yield packet
