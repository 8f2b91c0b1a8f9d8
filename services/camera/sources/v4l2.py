"""A USB camera at a device path, by Video4Linux."""

import errno
from collections.abc import Callable

import av
from av.container import InputContainer

from services.camera.settings import Camera
from services.camera.sources.decoding import Decoding
from services.camera.sources.stream import Stream

CONNECT_SECONDS = 10.0
_HINTS = {  # what the kernel's words mean here
    errno.EBUSY: " (another program uses it: `fuser -v /dev/video*` names it)",
    errno.ENOSPC: " (on the USB bus: a smaller camera.resolution, or a port of another controller)",
    errno.EACCES: " (the node's user must be in the group video)",
    errno.ENOENT: " (`v4l2-ctl --list-devices` shows those that are there)",
}


def v4l2(settings: Camera) -> Stream:
    """The camera at `camera.path`, such as /dev/video0."""
    device = str(settings.path)
    width, height = settings.resolution

    def opened() -> InputContainer:
        # The driver gives the nearest size it has; the picture is made smaller where need be.
        options = {"video_size": f"{width}x{height}"}
        patience = (CONNECT_SECONDS, settings.stale_after)
        try:
            return av.open(device, format="v4l2", options=options, timeout=patience)
        except OSError as error:
            hint = _HINTS.get(error.errno or 0, "")
            raise OSError(error.errno, f"{error.strerror}{hint}") from None

    async def connect(changed: Callable[[], None]) -> Decoding:
        return Decoding(opened, changed)

    return Stream(settings, settings.source, device, connect)
