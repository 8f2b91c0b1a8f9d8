"""The settings of one camera node: `lookout.yaml`, or the environment. One section a file."""

from pathlib import Path

from pydantic import Field, field_validator

from lookout.bus.topics import NodeName
from lookout.host.settings import Settings
from services.camera.settings.camera import Camera
from services.camera.settings.capture import Capture
from services.camera.settings.kinds import Quality, Seconds
from services.camera.settings.live import Live
from services.camera.settings.sensors import Sensors
from services.camera.settings.spool import Spool

__all__ = ["Camera", "CameraSettings", "Capture", "Live", "Quality", "Seconds", "Sensors", "Spool"]


class CameraSettings(Settings):
    """Everything a node is told."""

    node: NodeName = Field(description="this node's name: 1 to 32 of a-z, 0-9, _ and -")
    camera: Camera = Camera()
    capture: Capture = Capture()
    sensors: Sensors = Sensors()
    spool: Spool = Spool()
    live: Live = Live()

    @field_validator("node", mode="before")
    @classmethod
    def _text(cls, value: object) -> object:
        return str(value) if isinstance(value, int) else value  # a YAML name such as 7

    @property
    def spool_path(self) -> Path:
        return self.spool.path or self.data / "spool" / self.node
