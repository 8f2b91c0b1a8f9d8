"""MJPEG over HTTP: the newest JPEG of the stream. It costs next to nothing until one is used."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PIL import Image

from lookout.host.tasks import cancel
from lookout.vision.pictures import shown_size
from services.camera.sources.jpeg import MAX_BYTES, check_scan, decoded
from services.camera.sources.jpegscan import JpegScanner, Piece
from services.camera.sources.network.answer import Answer, HttpFailed
from services.camera.sources.size import Size

_PART_TYPE: Final = re.compile(rb"Content-Type:\s*((?!image/jpe?g)[a-z]+/[a-z0-9.+-]+)", re.I)


@dataclass(frozen=True, slots=True)
class JpegShot:
    """A frame as it came."""

    number: int
    piece: Piece
    size: Size
    timestamp: float  # Unix seconds
    came: float  # on the monotonic clock

    def image(self, limit: Size) -> Image.Image:
        if not self.piece.ended:
            check_scan(self.piece.jpeg)
        return decoded(self.piece.jpeg, limit)


class Mjpeg:
    """Reads the pictures of an answer until it ends, breaks or `close`."""

    def __init__(self, answer: Answer, begun: bytes, changed: Callable[[], None]) -> None:
        """`begun` is what was read of it already; `changed` is called after each frame."""
        self.newest: JpegShot | None = None
        self.problem = ""
        self._number = 0
        self._kind = ""
        self._changed = changed
        self._scanner = JpegScanner(MAX_BYTES)
        self._answer = answer
        self._take(begun)
        self._reading = asyncio.create_task(self._run(answer), name="mjpeg")

    async def close(self) -> None:
        await cancel(self._reading)
        self._answer.close()  # also where the task had not begun

    async def _run(self, answer: Answer) -> None:
        try:
            async for block in answer.blocks:
                self._take(block)
            self.problem = "the stream ended"
        except HttpFailed as error:
            self.problem = str(error)
        except Exception as error:  # whatever it is: it must not end unseen
            self.problem = str(error) or type(error).__name__
        finally:
            answer.close()
            self._changed()

    @property
    def silence(self) -> str:
        """Why there is no frame, where the parts themselves say it: H.264 comes like this, too."""
        return f"its parts are {self._kind}, not JPEGs" if self._kind else ""

    def _take(self, block: bytes) -> None:
        if not self._number and (found := _PART_TYPE.search(block)):
            self._kind = found[1].decode("ascii", "replace")
        for piece in self._scanner.feed(block):
            try:
                size = shown_size(piece.jpeg)
            except ValueError:
                continue  # not even its header is one
            self._number += 1
            self.newest = JpegShot(self._number, piece, size, time.time(), time.monotonic())
            self._changed()
