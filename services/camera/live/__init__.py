"""The live view: one encoder, any number of viewers, running only while somebody watches."""

from services.camera.live.streamer import Streamer
from services.camera.live.view import LiveUnavailable, LiveView

__all__ = ["LiveUnavailable", "LiveView", "Streamer"]
