"""A decoded frame as a picture that stands upright."""

from av.video.frame import VideoFrame
from PIL import Image

from services.camera.sources.size import fitted


def upright_size(frame: VideoFrame) -> tuple[int, int]:
    """Width and height as shown: telephones write films lying on their side."""
    if frame.rotation % 180:
        return frame.height, frame.width
    return frame.width, frame.height


def upright_image(frame: VideoFrame, limit: tuple[int, int]) -> Image.Image:
    width, height = fitted(upright_size(frame), limit)
    if frame.rotation % 180:
        width, height = height, width
    image: Image.Image = frame.to_image(width=width, height=height)  # type: ignore[no-untyped-call]
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image
