"""The Pi's live frames: an encoder on the camera's low-resolution stream, beside the stills."""

import math
from typing import Any, Final

import structlog

from services.camera.sources.live import LiveRequest

STREAM: Final = "lores"
_CLOSE_ENOUGH: Final = 0.1  # of a frame: a camera at 29.97 frames a second gives all for 30

log = structlog.get_logger()


def start(camera: Any, request: LiveRequest, frame_seconds: float) -> Any:
    """Start an encoder on a camera that runs; what to give to `stop_encoder` later.

    On a Pi 4 and older the hardware's. Where there is none, or where it is taken, JpegEncoder: its
    own threads, so that no work is done in picamera2's loop. `frame_seconds` is what the camera
    takes for a frame now.
    """
    encoders, output = _encoders(), _output(request)
    skip = max(1, math.ceil(1 / request.rate / frame_seconds - _CLOSE_ENOUGH))
    if encoders.MJPEGEncoder.__name__ == "MJPEGEncoder":  # on a Pi 5 it is another one's name
        try:
            return _started(camera, encoders.MJPEGEncoder(), output, skip, _grade(request.quality))
        except Exception as error:  # whatever the driver raises
            log.info("no hardware encoder, using the processor", reason=str(error))
    encoder = encoders.JpegEncoder(num_threads=1, q=request.quality)
    return _started(camera, encoder, _output(request), skip, None)


def _started(camera: Any, encoder: Any, output: Any, skip: int, quality: Any) -> Any:
    encoder.frame_skip_count = skip
    camera.start_encoder(encoder, output, name=STREAM, quality=quality)
    return encoder


def _output(request: LiveRequest) -> Any:
    from picamera2.outputs import Output

    class ToSink(Output):  # type: ignore[misc]
        """Hands each JPEG on. An exception in here would end picamera2's threads."""

        told = False

        def outputframe(self, frame: Any, *_: Any, **__: Any) -> None:
            try:
                request.sink(bytes(frame))
            except Exception as error:
                if not self.told:
                    log.warning("live frames are dropped", reason=repr(error))
                self.told = True

    return ToSink()


def _encoders() -> Any:
    from picamera2 import encoders

    return encoders


def _grade(quality: int) -> Any:
    """The library's five grades, which it turns into a bit rate for the hardware."""
    from picamera2.encoders import Quality

    grades = (Quality.VERY_LOW, Quality.LOW, Quality.MEDIUM, Quality.HIGH, Quality.VERY_HIGH)
    return grades[min(4, quality // 20)]
