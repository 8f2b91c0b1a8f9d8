"""What the IMX500's own network saw in a frame: labels, scores and boxes.

As picamera2's example imx500_object_detection_demo.py reads the SSD networks: the first three
outputs are boxes, scores and classes. Boxes are parts of the whole sensor.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import JsonValue

from services.camera.sources.source import SourceError

SENSOR: Final = "imx500"
ARRAY: Final = (4056, 3040)  # pixels of the sensor, in which ScalerCrop counts
Corners = tuple[float, float, float, float]  # left, top, right, bottom: 0 to 1 of the sensor


def loaded(path: Path, camera: Mapping[str, Any], least_score: float) -> "Network":
    """Load a network into the sensor. Raises SourceError, or what the library raises."""
    if camera.get("Model") != SENSOR:
        raise SourceError(
            f"camera.network = {path}: only an {SENSOR} runs one, this is {camera.get('Model')}."
        )
    if not path.is_file():
        raise SourceError(f"camera.network = {path}: there is no such file.")
    from picamera2.devices import IMX500

    return Network(IMX500(str(path), camera_id=str(camera.get("Id", ""))), least_score)


class Network:
    """A network that runs in the sensor."""

    def __init__(self, device: Any, least_score: float) -> None:
        self._device = device
        self._least_score = least_score
        intrinsics = device.network_intrinsics
        labels = list(getattr(intrinsics, "labels", None) or [])
        if getattr(intrinsics, "ignore_dash_labels", False):
            labels = [label for label in labels if label and label != "-"]
        self._labels = labels
        self._is_pixels = bool(getattr(intrinsics, "bbox_normalization", False))
        self._is_xy = getattr(intrinsics, "bbox_order", "yx") == "xy"

    def detections(self, metadata: Mapping[str, Any]) -> list[dict[str, JsonValue]] | None:
        """What was seen in the frame of this metadata; None where it came without a result.

        Each has `label`, `score` (0 to 1) and `box` (x, y, width, height in per cent of the frame).
        """
        outputs = self._device.get_outputs(metadata)
        if outputs is None or len(outputs) < 3:
            return None
        found: list[dict[str, JsonValue]] = []
        for corners, score, kind in zip(outputs[0], outputs[1], outputs[2], strict=False):
            box = _in_frame(self._corners([float(each) for each in corners]), metadata)
            if float(score) >= self._least_score and box is not None:
                shown: list[JsonValue] = [round(each, 2) for each in box]
                label = self._label(int(kind))
                found.append({"label": label, "score": round(float(score), 3), "box": shown})
        return found

    def _corners(self, values: list[float]) -> Corners:
        if self._is_pixels:
            height = self._device.get_input_size()[1]
            values = [value / height for value in values]
        first, second, third, fourth = values
        return (first, second, third, fourth) if self._is_xy else (second, first, fourth, third)

    def _label(self, kind: int) -> str:
        return self._labels[kind] if 0 <= kind < len(self._labels) else str(kind)


def _in_frame(corners: Corners, metadata: Mapping[str, Any]) -> Corners | None:
    """x, y, width, height in per cent of the picture, which shows ScalerCrop of the sensor."""
    left, top, wide, high = metadata.get("ScalerCrop", (0, 0, *ARRAY))
    if not all(math.isfinite(each) for each in corners):
        return None
    across = [(each * ARRAY[0] - left) / wide * 100 for each in (corners[0], corners[2])]
    down = [(each * ARRAY[1] - top) / high * 100 for each in (corners[1], corners[3])]
    x, right = (min(100.0, max(0.0, each)) for each in across)
    y, bottom = (min(100.0, max(0.0, each)) for each in down)
    return (x, y, right - x, bottom - y) if right > x and bottom > y else None


def told(found: list[dict[str, JsonValue]]) -> dict[str, JsonValue]:
    """For the image's metadata: all detections, and the people among them as the hub names them."""
    people = [each["box"] for each in found if each["label"] == "person"]
    return {"detections": list(found), "people": len(people), "boxes": people}
