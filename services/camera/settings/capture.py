"""When and how pictures are taken."""

from typing import Literal

from pydantic import Field

from lookout.host.settings import Section
from services.camera.settings.kinds import Lifetime, Quality, Seconds


class Capture(Section):
    """When and how pictures are taken. `set` changes these while running."""

    enabled: bool = Field(True, description="false takes no pictures, whatever asks for one")
    interval: Seconds = Field(30.0, description="seconds between pictures; 0 takes none by itself")
    only: Literal["always", "day", "night"] = Field(
        "always", description="when the interval counts; day and night need triggers.latitude"
    )
    quality: Quality = Field(85, description="JPEG quality, 1 to 100")
    ttl: Lifetime = Field(
        0, description="seconds the hub is to keep its pictures, from 60; 0 as the hub is set"
    )
