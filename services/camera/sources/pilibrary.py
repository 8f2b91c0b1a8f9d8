"""Opening picamera2, and saying plainly why it cannot be opened."""

import contextlib
import os
from typing import Any

from services.camera.sources.source import SourceError


def library_class() -> Any:
    try:
        from picamera2 import Picamera2
    except ImportError as error:
        raise SourceError(
            f"picamera2 is not installed for this Python ({error}). On Raspberry Pi OS: `sudo apt "
            "install python3-picamera2`, and make the virtual environment with "
            "--system-site-packages. On other computers choose another camera.source: rtsp, "
            "snapshot, v4l2, video, folder or synthetic."
        ) from error
    return Picamera2


def switch_sensor_hdr(number: int, enable: bool) -> None:
    """Switch the imx708's own HDR, which can only be done while the camera is not open."""
    from picamera2.devices.imx708 import IMX708

    with IMX708(number) as sensor:
        sensor.set_sensor_hdr_mode(enable)


def found(library: Any, number: int) -> dict[str, Any]:
    """What the library knows of a camera. Raises SourceError when there is no such camera."""
    found = library.global_camera_info()
    if not found:
        raise SourceError(
            "No camera was found. Switch the Pi off, check the cable at both ends, then run "
            "`rpicam-hello --list-cameras`."
        )
    if number >= len(found):
        raise SourceError(
            f"camera.number = {number}: there is no such camera. Found: "
            + ", ".join(f"{index} ({camera.get('Model')})" for index, camera in enumerate(found))
            + "."
        )
    camera: dict[str, Any] = found[number]
    return camera


def construct(library: Any, number: int) -> Any:
    camera = library.__new__(library)
    try:
        camera.__init__(number)
    except Exception:
        _close_pipe(camera)
        raise
    return camera


def _close_pipe(camera: Any) -> None:
    """Close what picamera2 (0.3.38) leaves open when opening fails: two descriptors each time.

    A node that tries again all night while something else uses the camera would run out of them.
    """
    with contextlib.suppress(AttributeError, OSError):
        camera.notifymeread.close()
        os.close(camera.notifyme_w)
