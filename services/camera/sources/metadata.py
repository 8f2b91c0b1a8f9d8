"""libcamera's metadata of one frame, in our names and units.

Fields as in libcamera's control_ids_core.yaml; a camera leaves out what it does not measure.
"""

import math
import time
from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from pydantic import JsonValue

# libcamera's name -> ours in Picture.meta, and decimals kept
_MEASURED = {
    "ExposureTime": ("exposure_us", 0),
    "AnalogueGain": ("gain", 3),
    "DigitalGain": ("digital_gain", 3),
    "ColourTemperature": ("colour_temperature", 0),  # K
    "LensPosition": ("lens_position", 3),  # dioptres: 0 is infinity, 2 is 0.5 m
    "FocusFoM": ("focus_fom", 0),  # larger is sharper, within one scene
}


class AfState(IntEnum):
    """What the autofocus is doing (libcamera's AfStateEnum)."""

    IDLE = 0
    SCANNING = 1
    FOCUSED = 2
    FAILED = 3


def number(metadata: Mapping[str, Any], name: str) -> float | None:
    """A field as a finite number, or None where it is absent or is none."""
    value = metadata.get(name)
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    return None


def af_state(metadata: Mapping[str, Any]) -> AfState | None:
    value = number(metadata, "AfState")
    return AfState(int(value)) if value is not None and value in list(AfState) else None


def lux(metadata: Mapping[str, Any]) -> float | None:
    value = number(metadata, "Lux")
    return None if value is None or value < 0 else round(value, 2)


def temperature(metadata: Mapping[str, Any]) -> float | None:
    """Degrees C of the sensor, not of the air."""
    value = number(metadata, "SensorTemperature")
    return None if value is None else round(value, 1)


def meta(metadata: Mapping[str, Any]) -> dict[str, JsonValue]:
    """What was measured besides lux and temperature, without what is absent."""
    found: dict[str, JsonValue] = {}
    for name, (ours, decimals) in _MEASURED.items():
        value = number(metadata, name)
        if value is not None:
            found[ours] = round(value, decimals) if decimals else round(value)
    state = af_state(metadata)
    if state is not None:
        found["af_state"] = state.name.lower()
    return found


def exposure_start(metadata: Mapping[str, Any]) -> float:
    """Unix seconds at which the frame began to be exposed.

    Both clocks of a frame tell when its first row was read out, so the exposure time comes off.
    SensorTimestamp is CLOCK_BOOTTIME by libcamera's word and CLOCK_MONOTONIC by the Pi's drivers:
    the same on a Pi, which never suspends; picamera2's own `flush` counts on it as well.
    """
    exposure = (number(metadata, "ExposureTime") or 0.0) / 1e6
    wall = metadata.get("FrameWallClock")
    if isinstance(wall, int) and wall > 0:
        return wall / 1e9 - exposure
    stamp = metadata.get("SensorTimestamp")
    if isinstance(stamp, int):
        return time.time() - (time.monotonic_ns() - stamp) / 1e9 - exposure
    return time.time()
