"""A stream as a camera: the newest frame that was not used yet, and never an old one."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import TYPE_CHECKING, Final

from PIL import Image

from lookout.errors import LookoutError
from services.camera.settings import Camera
from services.camera.sources.live import LiveRequest, Ticker
from services.camera.sources.shot import Connection, Shot
from services.camera.sources.size import Size, fitted, native
from services.camera.sources.source import NotYet, Picture, SourceError

if TYPE_CHECKING:
    from lookout.vision.frames import GreyFrame

FIRST_PAUSE: Final = 1.0  # seconds until a connection is tried again
LONGEST_PAUSE: Final = 60.0
LOOK_SECONDS: Final = 0.25


class NoConnection(LookoutError):
    """It could not be connected; the text says why, in a part of a sentence."""


class Stream:
    """Connects when a picture is wanted, stays connected; connects again with growing pauses."""

    def __init__(
        self,
        settings: Camera,
        model: str,
        where: str,
        connect: Callable[[Callable[[], None]], Awaitable[Connection]],
    ) -> None:
        """`where` is fit for a log.

        `connect` takes what is to be called after each frame, from any thread, and at the end. It
        raises NoConnection.
        """
        self.model = model
        self._where = where
        self._connect = connect
        self._limit = settings.resolution
        self._stale_after = settings.stale_after
        self._patience = 0.9 * settings.timeout  # to connect and to see a first frame
        self._connection: Connection | None = None
        self._changed = asyncio.Event()
        self._used = 0  # number of the last frame that was given away
        self._failed = 0  # connections without a frame
        self._not_before = 0.0  # on the monotonic clock: the next attempt
        self._live = Ticker()
        self._whole: Size | None = None  # as it comes
        self._resolution: Size | None = None

    @property
    def resolution(self) -> tuple[int, int] | None:
        return self._resolution

    def sizes(self, configured: Size) -> tuple[Size, ...]:
        return native(configured, self._whole) if self._whole else ()

    def does(self, settings: Camera) -> frozenset[str]:
        return frozenset({"resolution"})

    async def open(self) -> None:
        """Connect and see a first frame. Raises SourceError."""
        await self._connected()

    async def capture(self, quality: int) -> Picture:
        """A frame that came after the last one given. Raises SourceError."""
        shot, image = await self._whole_after(self._used, self._limit)
        self._used = shot.number
        self._whole = shot.size  # it may have changed in mid-stream
        self._resolution = image.size
        jpeg = await asyncio.to_thread(_jpeg, image, quality)
        age = round(time.monotonic() - shot.came, 3)
        return Picture(jpeg, shot.timestamp, *image.size, meta={"frame_age": age})

    async def start_live(self, request: LiveRequest) -> None:
        """The stream's frames, small."""
        seen = 0

        async def frame() -> bytes:
            nonlocal seen
            shot, image = await self._whole_after(seen, fitted(request.size, self._limit))
            seen = shot.number
            return await asyncio.to_thread(_jpeg, image, request.quality)

        await self._live.stop()
        self._live.start(request, frame)

    async def stop_live(self) -> None:
        await self._live.stop()

    async def frame(self, width: int, height: int) -> "GreyFrame":
        """The newest frame, small and grey. Raises SourceError."""
        from lookout.vision.frames import grey_of

        _, image = await self._whole_after(0, (width, height))
        return grey_of(image, (width, height))

    async def adjust(self, settings: Camera) -> None:
        self._limit = settings.resolution

    async def close(self) -> None:
        await self._live.stop()
        await self._disconnect()

    # -- the connection ----------------------------------------------------------------------

    async def _whole_after(self, number: int, limit: Size) -> tuple[Shot, Image.Image]:
        """The picture of a frame after this one; a damaged frame is never a picture."""
        deadline = time.monotonic() + self._patience
        while True:
            shot = await self._newer(number)
            try:
                return shot, await asyncio.to_thread(shot.image, limit)
            except ValueError as error:
                if time.monotonic() >= deadline:
                    raise self._broken(f"its pictures are damaged ({error})") from None
            number = shot.number

    async def _newer(self, number: int) -> Shot:
        """A frame after this one that is not stale; connects again where that is needed."""
        connection = self._connection
        if connection is None or connection.problem:
            connection, number = await self._connected(), 0
        deadline = time.monotonic() + self._stale_after
        while True:
            self._changed.clear()
            shot = connection.newest
            now = time.monotonic()
            if shot and shot.number > number and now - shot.came <= self._stale_after:
                return shot
            if connection.problem or now >= deadline:
                raise self._broken(connection.problem or self._silence(shot))
            await self._wait(deadline - now)

    async def _connected(self) -> Connection:
        await self._disconnect()
        pause = self._not_before - time.monotonic()
        if pause > 0:
            raise NotYet(f"{self._where} is away; the next attempt is in {pause:.0f} s.")
        loop, changed = asyncio.get_running_loop(), self._changed
        self._failed += 1  # until a frame comes, also when we are cancelled meanwhile
        wait = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (self._failed - 1))
        self._not_before = time.monotonic() + wait
        self._used = 0

        def tell() -> None:
            loop.call_soon_threadsafe(changed.set)

        deadline = time.monotonic() + self._patience
        try:
            connection = self._connection = await self._connect(tell)
        except NoConnection as error:
            raise self._broken(str(error)) from None
        while connection.newest is None:
            if connection.problem or time.monotonic() >= deadline:
                raise self._broken(connection.problem or connection.silence or "no frame came")
            await self._wait(deadline - time.monotonic())
            changed.clear()
        self._failed, self._not_before = 0, 0.0
        self._whole = connection.newest.size
        self._resolution = fitted(self._whole, self._limit)
        return connection

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _wait(self, seconds: float) -> None:
        """Until something changes, or a frame that was held is to be looked at again."""
        try:
            async with asyncio.timeout(min(seconds, LOOK_SECONDS)):
                await self._changed.wait()
        except TimeoutError:
            return

    def _silence(self, shot: Shot | None) -> str:
        age = time.monotonic() - shot.came if shot else self._stale_after
        return f"its last frame is {age:.0f} s old"

    def _broken(self, reason: str) -> SourceError:
        return SourceError(
            f"{self._where} gives no picture: {reason}. Check the camera and its address."
        )


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
