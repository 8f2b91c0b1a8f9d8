"""The live view."""

import ipaddress

from pydantic import Field

from lookout.host.settings import Section
from services.camera.settings.kinds import Quality, Size


class Live(Section):
    """The live view over HTTP. The `live` command turns it on and off while running."""

    enabled: bool = Field(False, description="whether there is one from the start")
    host: str = Field(
        "127.0.0.1",
        min_length=1,
        description="address to listen on; others than this computer need the token",
    )
    port: int = Field(8081, ge=0, le=65535, description="one for each node; 0 takes any free one")
    size: Size = Field((640, 480), description="width x height, pixels, at most")
    rate: float = Field(15.0, gt=0, le=30, description="frames a second, at most")
    quality: Quality = Field(70, description="JPEG quality, 1 to 100")
    max_viewers: int = Field(32, ge=1, le=1000, description="viewers at one time")
    rotate: float = Field(
        3600.0, ge=60, le=86400, description="seconds after which the token in live_url changes"
    )

    @property
    def is_loopback(self) -> bool:
        """Whether only this computer can reach it; then no token is needed."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False
