"""Boxes of detections, turned as the picture is turned after they were found in it."""

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from services.camera.settings import Camera


def turned_meta(
    meta: Mapping[str, JsonValue], camera: Camera, steps: frozenset[str]
) -> dict[str, JsonValue]:
    """The metadata with its boxes where things are in the developed picture, none under a mask."""
    found: Any = meta.get("detections")
    if not isinstance(found, list):
        return dict(meta)
    turned: list[Any] = [{**each, "box": turned_box(each["box"], camera, steps)} for each in found]
    shown = [each for each in turned if not _is_masked(each["box"], camera)]
    people = [each["box"] for each in shown if each["label"] == "person"]
    return {**meta, "detections": shown, "people": len(people), "boxes": people}


def _is_masked(box: list[float], camera: Camera) -> bool:
    """Whether its middle lies under a mask: nothing is told of a person who is hidden."""
    left, top, wide, high = camera.crop
    x = left + (box[0] + box[2] / 2) * wide / 100
    y = top + (box[1] + box[3] / 2) * high / 100
    return any(a <= x <= a + w and b <= y <= b + h for a, b, w, h in camera.masks)


def turned_box(box: list[float], camera: Camera, steps: frozenset[str]) -> list[float]:
    """x, y, width, height in per cent: mirrored, then turned clockwise."""
    x, y, width, height = box
    if "hflip" in steps:
        x = 100 - x - width
    if "vflip" in steps:
        y = 100 - y - height
    for _ in range(camera.rotation // 90 if "rotation" in steps else 0):
        x, y, width, height = 100 - y - height, x, height, width
    return [round(each, 2) for each in (x, y, width, height)]
