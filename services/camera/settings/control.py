"""How the camera takes a picture, and what is done to it. See docs/node/control.md."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

from lookout.host.settings import Section
from services.camera.settings.boxes import WHOLE, Box, Boxes
from services.camera.settings.kinds import Size

LONGEST_EXPOSURE = 600_000_000  # microseconds; the camera's own limit is lower


def _pair(value: object) -> object:
    """Let two gains be written as 1.8,1.5."""
    return tuple(value.split(",")) if isinstance(value, str) else value


def _quarter(value: int) -> int:
    if value not in {0, 90, 180, 270}:
        raise ValueError("must be 0, 90, 180 or 270")
    return value


_Gain = Annotated[float, Field(gt=0, le=32, allow_inf_nan=False)]


class Control(Section):
    """The knobs of a camera. `set` changes these while running."""

    resolution: Size = Field(
        (1920, 1080), description="width x height before rotation, pixels; smaller where need be"
    )
    rotation: Annotated[int, AfterValidator(_quarter)] = Field(
        0, description="degrees clockwise: 0, 90, 180 or 270"
    )
    hflip: bool = Field(False, description="mirror left and right, before the rotation")
    vflip: bool = Field(False, description="mirror top and bottom, before the rotation")
    crop: Box = Field(WHOLE, description="x, y, width, height, per cent of the turned picture")
    masks: Boxes = Field((), description="rectangles that are blackened, as for crop")
    overlay: str = Field(
        "", max_length=100, description="text in the picture; %Y-%m-%d %H:%M:%S as for strftime"
    )
    exposure: int = Field(0, ge=0, le=LONGEST_EXPOSURE, description="microseconds; 0 is automatic")
    gain: float = Field(0.0, ge=0, le=128, allow_inf_nan=False, description="0 is automatic")
    exposure_value: float = Field(
        0.0, ge=-8, le=8, allow_inf_nan=False, description="stops brighter than automatic"
    )
    awb: Literal[
        "auto", "incandescent", "tungsten", "fluorescent", "indoor", "daylight", "cloudy"
    ] = Field("auto", description="white balance")
    awb_gains: Annotated[tuple[_Gain, _Gain] | None, NoDecode, BeforeValidator(_pair)] = Field(
        None, description="red and blue, instead of awb"
    )
    brightness: float = Field(0.0, ge=-1, le=1, allow_inf_nan=False, description="0 is unchanged")
    contrast: float = Field(1.0, ge=0, le=32, allow_inf_nan=False, description="1 is unchanged")
    saturation: float = Field(
        1.0, ge=0, le=32, allow_inf_nan=False, description="1 is unchanged, 0 is grey"
    )
    sharpness: float = Field(1.0, ge=0, le=16, allow_inf_nan=False, description="1 is unchanged")
    hdr: Literal["off", "sensor", "single", "multi", "night"] = Field(
        "off", description="sensor: Camera Module 3; the others: Raspberry Pi 5"
    )
    autofocus: Literal["off", "continuous", "cycle"] = Field(
        "continuous", description="cycle focuses before each picture"
    )
    autofocus_timeout: float = Field(3.0, gt=0, le=60, description="seconds a focus cycle may take")
    lens_position: float | None = Field(
        None, ge=0, le=32, allow_inf_nan=False, description="dioptres, with autofocus off"
    )
