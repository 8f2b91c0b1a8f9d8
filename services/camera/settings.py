"""The settings of one camera node: `lookout.yaml`, or the environment."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator
from pydantic_settings import NoDecode

from lookout.bus.topics import NodeName
from lookout.host.settings import Section, Settings

Quality = Annotated[int, Field(ge=1, le=100)]
Seconds = Annotated[float, Field(ge=0, le=86400 * 7, allow_inf_nan=False)]


def _size(value: object) -> object:
    """Let a size be written as 1920x1080."""
    if isinstance(value, str) and "x" in value:
        return tuple(value.split("x", 1))
    return value


Side = Annotated[int, Field(ge=16, le=16384)]
Size = Annotated[tuple[Side, Side], NoDecode, BeforeValidator(_size)]  # not JSON in a variable


class Camera(Section):
    """Where pictures come from."""

    source: Literal["synthetic", "picamera2", "video", "folder"] = Field(
        "picamera2", description="what takes the pictures"
    )
    path: Path | None = Field(None, description="the film (video) or the folder of JPEGs (folder)")
    number: int = Field(0, ge=0, le=9, description="which camera of this Pi (picamera2)")
    resolution: Size = Field((1920, 1080), description="width x height, pixels")
    rate: float = Field(
        10.0, gt=0, le=120, description="frames a second that a film plays at (video)"
    )
    seed: int = Field(0, description="which scene is drawn (synthetic)")
    autofocus: Literal["off", "continuous", "cycle"] = Field(
        "continuous", description="cycle focuses before each picture (picamera2)"
    )
    autofocus_timeout: float = Field(3.0, gt=0, le=60, description="seconds a focus cycle may take")
    timeout: float = Field(20.0, gt=0, le=900, description="seconds one capture may take")

    @model_validator(mode="after")
    def _path_where_needed(self) -> "Camera":
        if self.source in {"video", "folder"} and self.path is None:
            raise ValueError(f"path is needed with source {self.source}")
        return self


class Capture(Section):
    """When and how pictures are taken. `set` changes these while running."""

    interval: Seconds = Field(30.0, description="seconds between pictures; 0 takes none by itself")
    quality: Quality = Field(85, description="JPEG quality, 1 to 100")


class Sensors(Section):
    """How often readings are sent."""

    interval: float = Field(60.0, ge=1, le=86400, description="seconds between readings")


class Spool(Section):
    """The folder that holds each capture until the hub says it is stored."""

    path: Path | None = Field(None, description="default: DATA/spool/NODE")
    max_bytes: int = Field(1 << 30, ge=1 << 20, description="oldest captures go when it is fuller")
    max_files: int = Field(20_000, ge=10, description="the same by number")
    drain_rate: int = Field(
        2_000_000, ge=10_000, description="bytes a second for old captures; new ones go first"
    )
    resend_after: float = Field(
        15.0, ge=1, le=3600, description="seconds without a receipt until a capture is sent again"
    )


class CameraSettings(Settings):
    """Everything a node is told."""

    node: NodeName = Field(description="this node's name: 1 to 32 of a-z, 0-9, _ and -")
    camera: Camera = Camera()
    capture: Capture = Capture()
    sensors: Sensors = Sensors()
    spool: Spool = Spool()

    @field_validator("node", mode="before")
    @classmethod
    def _text(cls, value: object) -> object:
        return str(value) if isinstance(value, int) else value  # a YAML name such as 7

    @property
    def spool_path(self) -> Path:
        return self.spool.path or self.data / "spool" / self.node
