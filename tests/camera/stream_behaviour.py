"""Live frames beside stills, on one camera: for the fake and for the real library."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from typing import Any

from PIL import Image

from services.camera.settings import Camera
from services.camera.sources import make_source
from services.camera.sources.live import LiveRequest, LiveSource
from tests.support.waiting import eventually

Scene = Callable[..., None]
QUALITY = 60


class Taker:
    """Takes live frames; fails with them when told to."""

    def __init__(self) -> None:
        self.jpegs: list[bytes] = []
        self.failing = False

    def __call__(self, jpeg: bytes) -> None:
        self.jpegs.append(jpeg)
        if self.failing:
            raise ValueError("an exception in an output")

    async def more(self, count: int = 3) -> None:
        wanted = len(self.jpegs) + count
        await eventually(lambda: len(self.jpegs) >= wanted)


async def opened() -> Any:
    source = make_source(Camera(source="picamera2", resolution=(1280, 720), timeout=5.0))
    assert isinstance(source, LiveSource)
    await source.open()
    return source


def asked(taker: Taker, rate: float = 30.0) -> LiveRequest:
    return LiveRequest((640, 480), rate, QUALITY, taker)


async def stills_go_on_while_streaming(scene: Scene) -> None:
    scene()
    source, taker = await opened(), Taker()
    await source.start_live(asked(taker))
    for _ in range(3):
        await taker.more()
        picture = await source.capture(80)
        assert (picture.width, picture.height) == (1280, 720)
    with Image.open(io.BytesIO(taker.jpegs[-1])) as image:
        assert (image.format, image.size) == ("JPEG", (640, 360))
    await source.stop_live()
    await asyncio.sleep(0.1)  # one may have been under way
    before = len(taker.jpegs)
    await source.capture(80)
    assert len(taker.jpegs) == before
    await source.close()


async def a_taker_that_fails_ends_nothing(scene: Scene) -> None:
    scene()
    source, taker = await opened(), Taker()
    taker.failing = True
    await source.start_live(asked(taker))
    await taker.more(5)
    await source.capture(80)
    await source.close()


async def a_camera_opened_again_streams_again(scene: Scene) -> None:
    scene()
    source, taker = await opened(), Taker()
    for _ in range(2):
        await source.start_live(asked(taker))
        await source.start_live(asked(taker))  # twice is once
        await taker.more()
        await source.close()
        await source.open()
    await source.stop_live()
    await source.stop_live()
    await source.close()


STREAMING: dict[str, Callable[[Scene], Awaitable[None]]] = {
    behaviour.__name__: behaviour
    for behaviour in (
        stills_go_on_while_streaming,
        a_taker_that_fails_ends_nothing,
        a_camera_opened_again_streams_again,
    )
}
