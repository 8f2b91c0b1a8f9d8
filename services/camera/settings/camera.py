"""Where pictures come from."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from lookout.host.settings import Section
from services.camera.settings.kinds import Size


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
