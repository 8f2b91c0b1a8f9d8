"""Our settings as libcamera's controls, checked against what one camera advertises.

Names and units as in libcamera's control_ids_core.yaml; limits from picamera2's `camera_controls`,
which maps a name to (minimum, maximum, default).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from services.camera.settings import Camera
from services.camera.settings.boxes import WHOLE
from services.camera.sources.size import fitted
from services.camera.sources.source import SourceError

Limits = Mapping[str, tuple[Any, Any, Any]]
Rectangle = tuple[int, int, int, int]

# Ours -> libcamera's, and the value with which nothing is sent.
_NUMBERS: Final = {
    "exposure": ("ExposureTime", 0),
    "gain": ("AnalogueGain", 0.0),
    "exposure_value": ("ExposureValue", 0.0),
    "brightness": ("Brightness", 0.0),
    "contrast": ("Contrast", 1.0),
    "saturation": ("Saturation", 1.0),
    "sharpness": ("Sharpness", 1.0),
    "lens_position": ("LensPosition", None),
}
_HDR: Final = {"single": "SingleExposure", "multi": "MultiExposure", "night": "Night"}
SENSOR_HDR: Final = "imx708"


def check_presence(camera: Camera, limits: Limits, model: str) -> None:
    """Raises SourceError that names each setting for which the camera has no control."""
    _refuse(_absent(camera, limits, model))


def check(camera: Camera, limits: Limits, model: str) -> None:
    """Raises SourceError that names each value the camera does not take, and what it does.

    The limits are those of a configured camera: they follow from how the sensor is read out.
    """
    _refuse([*_absent(camera, limits, model), *_beyond(camera, limits, model)])


def _refuse(wrong: Iterable[str]) -> None:
    if told := "; ".join(wrong):
        raise SourceError(f"{told}.")


def _absent(camera: Camera, limits: Limits, model: str) -> Iterator[str]:
    asked = {ours: name for ours, (name, _) in _sent(camera).items()}
    asked |= {"awb": "AwbMode"} if camera.awb != "auto" else {}
    asked |= {"awb_gains": "ColourGains"} if camera.awb_gains else {}
    asked |= {"hdr": "HdrMode"} if camera.hdr in _HDR else {}
    for ours, name in asked.items():
        if name not in limits:
            value = getattr(camera, ours)
            shown = f"{value:g}" if isinstance(value, float) else value
            yield f"camera.{ours} = {shown}: the camera ({model}) has no such control"
    if camera.hdr == "sensor" and not model.startswith(SENSOR_HDR):
        yield f"camera.hdr = sensor: only the {SENSOR_HDR} (Camera Module 3) can, this is {model}"


def _beyond(camera: Camera, limits: Limits, model: str) -> Iterator[str]:
    for ours, (name, value) in _sent(camera).items():
        low, high, _ = limits.get(name, (value, value, None))
        if not low <= value <= high:
            yield f"camera.{ours} = {value:g}: must be from {low:g} to {high:g} for this {model}"


def _sent(camera: Camera) -> dict[str, tuple[str, float]]:
    """The numbers that are not neutral: our name -> libcamera's name and the value."""
    return {
        ours: (name, getattr(camera, ours))
        for ours, (name, neutral) in _NUMBERS.items()
        if getattr(camera, ours) != neutral
    }


def light(camera: Camera) -> dict[str, Any]:
    """Light and colour. The still configuration lets a frame last as long as its exposure."""
    from libcamera import controls

    sent: dict[str, Any] = dict(_sent(camera).values())
    sent.pop("LensPosition", None)
    if camera.awb_gains:
        sent |= {"AwbEnable": False, "ColourGains": camera.awb_gains}
    elif camera.awb != "auto":
        sent["AwbMode"] = getattr(controls.AwbModeEnum, camera.awb.capitalize())
    if camera.hdr in _HDR:
        sent["HdrMode"] = getattr(controls.HdrModeEnum, _HDR[camera.hdr])
    return sent


def lens(camera: Camera, limits: Limits) -> dict[str, Any]:
    """The focus; empty for a camera without a lens that moves."""
    if "AfMode" not in limits:
        return {}
    from libcamera import controls

    if camera.autofocus == "continuous":
        return {"AfMode": controls.AfModeEnum.Continuous}
    position = camera.lens_position
    if position is None:
        position = limits["LensPosition"][2]  # hyperfocal, of the tuning file
    return {"AfMode": controls.AfModeEnum.Manual, "LensPosition": position}


def before_turning(camera: Camera) -> tuple[float, float, float, float]:
    """The crop as it lies in the sensor's picture: turned and mirrored back, still in per cent."""
    x, y, width, height = camera.crop
    for _ in range(camera.rotation // 90):  # each turns a quarter counter-clockwise
        x, y, width, height = y, 100 - x - width, height, width
    if camera.hflip:
        x = 100 - x - width
    if camera.vflip:
        y = 100 - y - height
    return x, y, width, height


def scaler_crop(camera: Camera, most: Rectangle) -> Rectangle:
    """The crop in sensor pixels: a part of the largest middle of `most` in `resolution`'s shape."""
    x, y, width, height = before_turning(camera)
    left, top, wide, high = most
    scale = min(wide / camera.resolution[0], high / camera.resolution[1])
    shown = camera.resolution[0] * scale, camera.resolution[1] * scale
    return (
        round(left + (wide - shown[0]) / 2 + shown[0] * x / 100),
        round(top + (high - shown[1]) / 2 + shown[1] * y / 100),
        max(64, round(shown[0] * width / 100)),
        max(64, round(shown[1] * height / 100)),
    )


def main_size(camera: Camera, sensor: tuple[int, int]) -> tuple[int, int]:
    """Width and height of the picture, even numbers: in the crop's proportions.

    Up to `resolution`, and without pixels that the sensor has not.
    """
    size = fitted(camera.resolution, sensor)
    if camera.crop != WHOLE:
        _, _, width, height = before_turning(camera)
        scale = min(sensor[0] / size[0], sensor[1] / size[1]) / 100
        size = fitted((round(size[0] * width * scale), round(size[1] * height * scale)), size)
    return max(64, size[0] & ~1), max(64, size[1] & ~1)


def sensor_mode(camera: Camera, modes: list[dict[str, Any]], size: tuple[int, int]) -> Any:
    """How the sensor is read out, for picamera2's configuration; None leaves that to the library.

    Always one that shows the sensor's whole view: left alone, libcamera takes a smaller part of it
    for smaller pictures, and what is cropped and masked would change with the resolution.
    """
    if not modes:
        return None
    widest = max(_area(mode["crop_limits"][2:]) for mode in modes)
    whole = [mode for mode in modes if _area(mode["crop_limits"][2:]) == widest]
    _, _, width, height = before_turning(camera)
    needed = size[0] * 100 / width, size[1] * 100 / height
    enough = [m for m in whole if m["size"][0] >= needed[0] and m["size"][1] >= needed[1]]
    chosen = (
        min(enough, key=lambda mode: _area(mode["size"]))
        if enough
        else max(whole, key=lambda mode: _area(mode["size"]))
    )
    return {"output_size": chosen["size"], "bit_depth": chosen["bit_depth"]}


def _area(size: tuple[int, int]) -> int:
    return size[0] * size[1]
