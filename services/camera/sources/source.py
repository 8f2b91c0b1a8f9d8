"""What every source gives and how it fails."""

from dataclasses import dataclass, field
from typing import Final, Protocol

from pydantic import JsonValue

from lookout.errors import LookoutError
from lookout.host.redaction import fit_to_say
from services.camera.settings import Camera

TONES: Final = ("brightness", "contrast", "saturation", "sharpness")


class SourceError(LookoutError):
    """The source cannot give a picture; the message is for a person and names the next step.

    It goes into events, results and the log: so whatever a camera said is made fit for them here.
    """

    def __init__(self, message: str) -> None:
        super().__init__(fit_to_say(message))


class NotYet(SourceError):
    """It was not tried: the last attempt failed, and the next one is not due yet."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One capture: the JPEG and what was measured with that very frame."""

    jpeg: bytes
    timestamp: float  # Unix seconds at which it was taken
    width: int
    height: int
    lux: float | None = None
    temperature: float | None = None  # degrees C, of the sensor
    meta: dict[str, JsonValue] = field(default_factory=dict)  # exposure_us, gain, ...


class Source(Protocol):
    """A camera, or what stands for one. All calls come from one task, one after the other."""

    @property
    def model(self) -> str:
        """What to call it: the sensor's model or the kind of source."""

    @property
    def resolution(self) -> tuple[int, int] | None:
        """Width and height in pixels, once known."""

    def does(self, settings: Camera) -> frozenset[str]:
        """The names of those settings that it does itself; the node does the rest."""

    async def open(self) -> None:
        """Get ready to capture. Raises SourceError."""

    async def capture(self, quality: int) -> Picture:
        """Take one picture at a JPEG quality of 1 to 100. Raises SourceError.

        It may be cancelled when it takes too long; `close` and `open` must then work.
        """

    async def adjust(self, settings: Camera) -> None:
        """Use these settings from the next `open` on.

        Raises SourceError, and changes nothing, when an open camera lacks what they ask for.
        """

    async def close(self) -> None:
        """Let go of the camera. May be called twice."""
