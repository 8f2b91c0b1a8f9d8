"""An IP camera by RTSP (over TCP), or whatever else PyAV opens, such as MJPEG over HTTP."""

import av
from av.container import InputContainer

from lookout.host.settings import redact_url
from services.camera.settings import Camera
from services.camera.sources.stream import Stream

CONNECT_SECONDS = 10.0


def rtsp(settings: Camera) -> Stream:
    """The stream at `camera.url`."""
    url = settings.address
    # Over UDP a lost packet is a broken picture.
    options = {"rtsp_transport": "tcp"} if url.startswith("rtsp") else {}

    def connect(read_seconds: float) -> InputContainer:
        return av.open(url, options=options, timeout=(CONNECT_SECONDS, read_seconds))

    return Stream(settings, settings.source, redact_url(url), connect)
