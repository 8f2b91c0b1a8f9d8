"""What is looked for in small grey frames: motion and light."""

from typing import Annotated

from pydantic import AfterValidator, Field

from lookout.host.settings import Section
from lookout.vision.limits import LightLimits, MotionLimits, Region
from services.camera.settings.kinds import Size

MOST_HELD = 20  # whole pictures that the memory of a small Pi may hold


def _named_once(regions: tuple[Region, ...]) -> tuple[Region, ...]:
    names = [region.name for region in regions]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two regions are named {name}: give each a name of its own")
    return regions


Regions = Annotated[tuple[Region, ...], Field(max_length=16), AfterValidator(_named_once)]


class MotionPictures(Section):
    """Which pictures are taken when something moves, in exact numbers."""

    before: int = Field(0, ge=0, le=MOST_HELD, description="pictures from before the motion")
    before_interval: float = Field(
        1.0, ge=0.2, le=3600, description="seconds between those; they are taken all the time"
    )
    start: bool = Field(True, description="one when the motion starts")
    during: float = Field(
        0.0, ge=0, le=3600, description="seconds between pictures while it lasts; 0 takes none"
    )
    after: int = Field(0, ge=0, le=100, description="pictures after its end")
    after_interval: float = Field(1.0, ge=0, le=3600, description="seconds between those")


class Motion(MotionLimits):
    """Motion detection."""

    enabled: bool = Field(False, description="whether motion is looked for; `set motion` changes")
    regions: Regions = Field((), description="parts of the picture; none is the whole of it")
    pictures: MotionPictures = MotionPictures()


class Light(LightLimits):
    """Light detection."""

    enabled: bool = Field(False, description="whether lighted and dark are told apart")
    regions: Regions = Field((), description="parts of the picture; none is the whole of it")


class Detect(Section):
    """What is looked for in small grey frames."""

    rate: float = Field(5.0, gt=0, le=60, description="frames a second that are looked at")
    size: Size = Field((320, 240), description="width x height of those, pixels, at most")
    motion: Motion = Motion()
    light: Light = Light()
