"""What the detectors are told: regions and limits. Their defaults are imagenode's."""

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from lookout.contract.topics import Word
from lookout.host.settings import Section

PerCent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
WHOLE: Final = "frame"  # the region that is the whole picture
LEAST_SIDE: Final = 2.0  # per cent; a smaller region is a slip of the pen


class Region(Section):
    """A named part of the picture, in per cent of its width and height from the upper left."""

    name: Word = Field(description="1 to 32 of a-z, 0-9 and _; events carry it")
    left: PerCent = 0.0
    top: PerCent = 0.0
    right: PerCent = 100.0
    bottom: PerCent = 100.0

    @model_validator(mode="after")
    def _has_an_area(self) -> Self:
        if self.right - self.left < LEAST_SIDE or self.bottom - self.top < LEAST_SIDE:
            raise ValueError(
                f"region {self.name} is empty: right must be at least {LEAST_SIDE:g} per cent "
                f"beyond left, and bottom as much below top"
            )
        return self


class MotionLimits(Section):
    """What counts as motion."""

    delta_threshold: int = Field(
        5, ge=1, le=254, description="grey levels (of 255) that a pixel must differ by"
    )
    min_area: float = Field(
        3.0, gt=0, le=100, description="per cent of the region that must differ in one piece"
    )
    min_motion_frames: int = Field(
        3, ge=1, le=1000, description="frames in a row with motion until it has started"
    )
    min_still_frames: int = Field(
        3, ge=1, le=1000, description="frames in a row without motion until it may have ended"
    )
    blur_kernel_size: int = Field(
        15, ge=1, le=99, description="pixels of the blur against noise, an odd number; 1 is none"
    )
    off_delay: float = Field(
        0.0, ge=0, le=3600, description="seconds without motion until it has ended"
    )

    @model_validator(mode="after")
    def _odd(self) -> Self:
        if self.blur_kernel_size % 2 == 0:
            raise ValueError(f"blur_kernel_size = {self.blur_kernel_size}: an odd number is needed")
        return self


class LightLimits(Section):
    """What counts as lighted."""

    threshold: int = Field(
        100, ge=0, le=254, description="grey level above which a pixel is lighted"
    )
    percent: float = Field(
        50.0, gt=0, le=100, description="per cent of the region's pixels that must be lighted"
    )
    min_frames: int = Field(
        5, ge=1, le=1000, description="frames in a row in the new state until it is told"
    )
