"""What a source that can be watched offers besides pictures: frames and light, cheaply."""

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:  # numpy is loaded when something is watched, and not before
    from lookout.vision.frames import GreyFrame


@runtime_checkable
class FrameSource(Protocol):
    """A source that gives frames for detectors beside its captures, from the same task."""

    async def frame(self, width: int, height: int) -> "GreyFrame":
        """The newest frame in grey, at most this large, in the picture's own proportions.

        It is open when this is called. Raises SourceError.
        """


@runtime_checkable
class LuxSource(Protocol):
    """A source that measures light without taking a picture, from the same task."""

    async def lux(self) -> float | None:
        """The light now, or None where this camera does not tell it.

        It is open when this is called. Raises SourceError.
        """
