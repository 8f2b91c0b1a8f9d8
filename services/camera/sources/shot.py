"""One frame of a stream, and what gives such frames."""

from typing import Protocol

from PIL import Image

from services.camera.sources.size import Size


class Shot(Protocol):
    """One frame and when it came. It becomes pixels when it is used, and not before."""

    @property
    def number(self) -> int:
        """Counted from 1 in each connection."""

    @property
    def timestamp(self) -> float:
        """Unix seconds."""

    @property
    def came(self) -> float:
        """On the monotonic clock."""

    @property
    def size(self) -> Size:
        """Width and height as shown."""

    def image(self, limit: Size) -> Image.Image:
        """The picture upright, at most this large. Raises ValueError when it is damaged."""


class Connection(Protocol):
    """Reads a stream by itself and keeps the newest frame, until it ends or is closed."""

    @property
    def newest(self) -> Shot | None:
        """None before the first."""

    @property
    def problem(self) -> str:
        """Why it ended; empty while it runs."""

    @property
    def silence(self) -> str:
        """Why no frame comes while it runs, where that is known."""

    async def close(self) -> None:
        """End it."""
