"""Does the source open and give a picture?"""

import asyncio
from pathlib import Path

from services.camera.capture.develop import BEST, develop, left_to_do
from services.camera.check.finding import Finding
from services.camera.settings import CameraSettings
from services.camera.sources import Picture, SourceError, make_source


async def check_picture(settings: CameraSettings, output: Path | None) -> Finding:
    """Take one picture as the node would, and write it where that is asked for."""
    try:
        async with asyncio.timeout(settings.camera.deadline):
            model, picture = await _taken(settings)
    except SourceError as error:
        return Finding("camera", "problem", str(error), "Stop the node first if it runs.")
    except TimeoutError:
        seconds = settings.camera.deadline
        return Finding(
            "camera",
            "problem",
            f"no picture within {seconds:g} s",
            "Check the cable, or raise camera.timeout.",
        )
    found = f"{model}, {picture.width}x{picture.height} pixels, {len(picture.jpeg):,} bytes"
    if picture.lux is not None:
        found += f", {picture.lux:.0f} lux"
    if output is None:
        return Finding("camera", "ok", found)
    try:
        await asyncio.to_thread(output.write_bytes, picture.jpeg)
    except OSError as error:
        return Finding("camera", "problem", f"{output}: {error.strerror}", "Name another --output.")
    return Finding("camera", "ok", f"{found}, written to {output}")


async def _taken(settings: CameraSettings) -> tuple[str, Picture]:
    """What the camera is called, and a picture by it."""
    source, quality = make_source(settings.camera), settings.capture.quality
    steps = left_to_do(settings.camera)
    try:
        await source.open()
        model, picture = source.model, await source.capture(BEST if steps else quality)
    finally:
        await source.close()
    if steps:
        picture = await asyncio.to_thread(develop, picture, settings.camera, steps, quality)
    return model, picture
