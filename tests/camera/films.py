"""Small films made on the spot: each frame shows its own number."""

import io
from pathlib import Path

import av
from PIL import Image, ImageDraw

SIZE = (160, 96)
CELLS = 8  # black or white squares across, one for each bit of the frame's number


def numbered(number: int, size: tuple[int, int] = SIZE) -> Image.Image:
    image = Image.new("RGB", size, (90, 90, 90))
    draw = ImageDraw.Draw(image)
    wide = size[0] / CELLS
    for bit in range(CELLS):
        shade = "white" if number >> bit & 1 else "black"
        draw.rectangle((bit * wide, 0, (bit + 1) * wide - 1, size[1]), fill=shade)
    return image


def number_of(jpeg: bytes) -> int:
    """The number that the frame shows."""
    with Image.open(io.BytesIO(jpeg)) as image:
        cells = image.convert("L").resize((CELLS, 1), Image.Resampling.BOX).tobytes()
    return sum(1 << bit for bit, shade in enumerate(cells) if shade > 128)


def make_film(
    path: Path,
    frames: int,
    *,
    codec: str = "mpeg4",
    keyframes: int = 12,
    size: tuple[int, int] = SIZE,
    rotation: int = 0,
    rate: int = 10,
) -> Path:
    """Write a film whose frame n shows n; B-frames are used where the codec has them."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.gop_size = keyframes
        stream.codec_context.bit_rate = 2_000_000
        if codec == "mpeg4":
            stream.codec_context.max_b_frames = 2
        if rotation:
            stream.set_display_rotation(rotation)
        for number in range(frames):
            frame = av.VideoFrame.from_image(numbered(number, size))  # type: ignore[no-untyped-call]
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path
