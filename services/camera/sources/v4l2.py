"""A USB camera at a device path, by Video4Linux."""

import av
from av.container import InputContainer

from services.camera.settings import Camera
from services.camera.sources.stream import Stream

CONNECT_SECONDS = 10.0


def v4l2(settings: Camera) -> Stream:
    """The camera at `camera.path`, such as /dev/video0."""
    device = str(settings.path)
    width, height = settings.resolution

    def connect(read_seconds: float) -> InputContainer:
        # The driver gives the nearest size it has; the picture is made smaller where need be.
        options = {"video_size": f"{width}x{height}"}
        return av.open(
            device, format="v4l2", options=options, timeout=(CONNECT_SECONDS, read_seconds)
        )

    return Stream(settings, settings.source, device, connect)
