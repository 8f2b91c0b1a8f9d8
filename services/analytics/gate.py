"""Motion as a gate: a picture in which nothing has changed since the last one looked at is let go.

What is kept of that one is a very small grey picture, in Redis: any worker may get the next.
"""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from lookout.store import keys
from lookout.store.client import Client, transient
from lookout.vision.frames import grey_of_jpeg
from lookout.vision.pictures import BadPicture

SIZE: Final = (64, 64)  # pixels, at most
DIFFERENT: Final = 12  # of 255: more than noise, and the grain of JPEG, make of so many pixels
Small = tuple[int, bytes]  # how wide, and its pixels


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets through what has changed in `least` per cent of the picture; None: all there is."""

    client: Client
    least: float | None

    async def small(self, jpeg: bytes) -> Small | None:
        """What is compared; None where nothing is, or it cannot be read: then the model says so."""
        if self.least is None:
            return None
        try:
            frame = await asyncio.to_thread(grey_of_jpeg, jpeg, SIZE)
        except BadPicture:
            return None
        return frame.shape[1], frame.tobytes()

    async def opens(self, node: str, small: Small | None) -> bool:
        """Whether a picture is to be looked at."""
        if small is None or self.least is None:
            return True
        read = partial(self.client.hmget, keys.gate(node), "width", "pixels")
        width, pixels = await transient(read)
        if width != str(small[0]).encode() or len(pixels or b"") != len(small[1]):
            return True  # of another shape, or none at all
        return changed(pixels, small[1]) >= self.least

    async def note(self, node: str, small: Small | None) -> None:
        """This one was looked at."""
        if small is None:
            return
        async with self.client.pipeline(transaction=True) as pipe:
            pipe.hset(keys.gate(node), mapping={"width": small[0], "pixels": small[1]})
            pipe.expire(keys.gate(node), keys.GATE_TTL)
            await transient(pipe.execute)


def changed(before: bytes, after: bytes) -> float:
    """Per cent of the pixels that are other than they were."""
    old, new = (np.frombuffer(each, np.uint8).astype(np.int16) for each in (before, after))
    return float(100 * np.mean(np.abs(new - old) > DIFFERENT))
