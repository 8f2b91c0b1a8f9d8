"""Does the source open and give a picture?"""

import asyncio
from pathlib import Path

from services.camera.capture.device import Device
from services.camera.check.finding import Finding
from services.camera.knobs import Knobs, State
from services.camera.settings import CameraSettings
from services.camera.sources import Picture, SourceError, make_source


async def check_picture(settings: CameraSettings, output: Path | None) -> Finding:
    """Take one picture as the node would, and write it where that is asked for."""
    knobs = Knobs(settings, State(settings.spool_path / "state.json"))
    if knobs.hidden:
        return Finding("camera", "warning", f"not looked at: {knobs.hidden}")
    try:
        model, picture = await _taken(settings, knobs)
    except SourceError as error:
        return _problem(str(error))
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


async def _taken(settings: CameraSettings, knobs: Knobs) -> tuple[str, Picture]:
    """What the camera is called, and a picture by it: with the masks that the node was told."""
    source = make_source(settings.camera)
    await source.adjust(knobs.camera)
    device = Device(source, knobs)
    try:
        picture = await device.picture(knobs.capture.quality)
        return device.model, picture
    finally:
        await device.close()


def _problem(reason: str) -> Finding:
    """A source's error ends with the next step, where it knows one."""
    if reason.startswith("no picture within"):
        return Finding("camera", "problem", reason, "Check the cable, or raise camera.timeout.")
    if any(word in reason.lower() for word in ("busy", "in use", "another program")):
        return Finding("camera", "problem", reason, "Stop the node first if it runs.")
    found, stop, todo = reason.rpartition(". ")
    return Finding("camera", "problem", found + stop.strip() if found else todo, todo)
