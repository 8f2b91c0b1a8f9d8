"""Where pictures come from: one file for each kind of source, all with the shape of `Source`."""

from lookout.host import redaction
from services.camera.settings import Camera
from services.camera.sources.source import NotYet, Picture, Source, SourceError

__all__ = ["NotYet", "Picture", "Source", "SourceError", "make_source"]


def make_source(settings: Camera) -> Source:  # noqa: PLR0911 - one for each kind
    """The source that the settings name, not opened yet. Imports only what that source needs."""
    redaction.known.learn(settings.secrets)
    match settings.source:
        case "synthetic":
            from services.camera.sources.synthetic import Synthetic

            return Synthetic(settings)
        case "video":
            from services.camera.sources.video import Video

            return Video(settings)
        case "folder":
            from services.camera.sources.folder import Folder

            return Folder(settings)
        case "rtsp":
            from services.camera.sources.rtsp import rtsp

            return rtsp(settings)
        case "v4l2":
            from services.camera.sources.v4l2 import v4l2

            return v4l2(settings)
        case "snapshot":
            from services.camera.sources.snapshot import Snapshot

            return Snapshot(settings)
        case "picamera2":
            from services.camera.sources.picamera2 import PiCamera

            return PiCamera(settings)
