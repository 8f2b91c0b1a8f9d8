"""The settings of one camera node: `lookout.yaml`, or the environment. One section a file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, field_validator, model_validator

from lookout.contract.errors import explain
from lookout.contract.topics import NodeName
from lookout.host.settings import Settings
from services.camera.settings.camera import Camera
from services.camera.settings.capture import Capture
from services.camera.settings.control import Control
from services.camera.settings.detect import Detect
from services.camera.settings.health import Health
from services.camera.settings.homeassistant import NodeHomeAssistant
from services.camera.settings.kinds import Quality, Seconds
from services.camera.settings.lights import Lights
from services.camera.settings.live import Live
from services.camera.settings.pins import check_pins
from services.camera.settings.presets import READY_MADE, Presets
from services.camera.settings.sensors import Sensors
from services.camera.settings.sleep import Sleep
from services.camera.settings.spool import Spool
from services.camera.settings.triggers import Triggers
from services.camera.settings.view import View

__all__ = [
    "Camera",
    "CameraSettings",
    "Capture",
    "Control",
    "Detect",
    "Health",
    "Live",
    "Quality",
    "Seconds",
    "Sensors",
    "Spool",
    "Triggers",
    "View",
]


class CameraSettings(Settings):
    """Everything a node is told."""

    node: NodeName = Field(description="this node's name: 1 to 32 of a-z, 0-9, _ and -")
    camera: Camera = Camera()
    capture: Capture = Capture()
    presets: Presets = Field(READY_MADE, description="name: what it sets, of all that `set` takes")
    sensors: Sensors = Sensors()
    triggers: Triggers = Triggers()
    lights: Lights = ()
    detect: Detect = Detect()
    spool: Spool = Spool()
    live: Live = Live()
    sleep: Sleep = Sleep()
    health: Health = Health()
    homeassistant: NodeHomeAssistant = NodeHomeAssistant()
    view: View = View()

    @field_validator("node", mode="before")
    @classmethod
    def _text(cls, value: object) -> object:
        return str(value) if isinstance(value, int) else value  # a YAML name such as 7

    @model_validator(mode="after")
    def _place_where_needed(self) -> Self:
        if self.capture.only != "always" and self.triggers.place is None:
            raise ValueError(
                f"capture.only = {self.capture.only}: triggers.latitude and triggers.longitude "
                "are needed to know when it is day"
            )
        return self

    @model_validator(mode="after")
    def _presets_that_fit(self) -> Self:
        for name, values in self.presets.items():
            known = {key: value for key, value in values.items() if key in Control.model_fields}
            try:
                self.camera.changed(known)
            except ValidationError as error:
                raise ValueError(f"presets.{name}: {explain(error, Camera)}") from None
            if values.get("only", "always") != "always" and self.triggers.place is None:
                raise ValueError(f"presets.{name}: only needs triggers.latitude and longitude")
        return self

    @model_validator(mode="after")
    def _each_pin_once(self) -> Self:
        check_pins(self._pins())
        return self

    def _pins(self) -> Iterator[tuple[int, str]]:
        yield from ((each.pin, f"triggers.gpio {each.name}") for each in self.triggers.gpio)
        yield from (
            (each.pin, f"lights {each.name}") for each in self.lights if each.pin is not None
        )

    @property
    def spool_path(self) -> Path:
        return self.spool.path or self.data / "spool" / self.node
