"""What is known of an image, as a list of terms and values with units."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from lookout.contract.images import IMAGE_FIELDS, Column
from lookout.contract.metrics import metric
from services.gallery.pages import wording

Fact = tuple[str, str]
SHORTEST: Final = 1e-6  # seconds


def of_image(image: Mapping[str, Any]) -> list[Fact]:
    """Terms and values, what people look for first at the top."""
    facts = [
        *((each.label, _value(image.get(name), each)) for name, each in IMAGE_FIELDS.items()),
        ("Resolution", _resolution(image)),
        ("Size", wording.size(image["size"]) if image.get("size") else ""),
        *_of_camera(image.get("meta")),
        ("Damaged", "its end is missing" if image.get("damaged") else ""),
        *_of_clocks(image),
        ("Id", image["id"]),
    ]
    return [(term, value) for term, value in facts if term and value]


def _value(value: object, column: Column) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return _with_unit(value, column.unit) if number else _plain(value)


def _of_clocks(image: Mapping[str, Any]) -> list[Fact]:
    """Both times, where the sender's clock and the hub's did not agree."""
    node_time, hub_time = image.get("node_time"), image.get("hub_time")
    if node_time is None or hub_time is None:
        return []
    believed = "the camera's" if image.get("dated_by") == "node" else "the hub's"
    return [
        ("Clock of the camera", _moment(node_time)),
        ("Clock of the hub", _moment(hub_time)),
        ("Believed", believed),
    ]


def _moment(timestamp: float) -> str:
    return f"{wording.day(timestamp)}, {wording.clock(timestamp)}"


def of_reading(reading: Mapping[str, Any] | None) -> list[Fact]:
    """The last reading of a node."""
    facts = []
    for name, value in (reading or {}).items():
        if name != "timestamp":
            known = metric(name)
            lasted = known.device_class == "duration" and isinstance(value, int | float)
            shown = wording.length(value) if lasted else _with_unit(value, known.unit or "")
            facts.append((known.name, shown))
    return facts


def _of_camera(meta: object) -> list[Fact]:
    if not isinstance(meta, dict):
        return []
    named = {
        "exposure_us": ("Exposure", _exposure),
        "gain": ("Gain", lambda value: f"{wording.number(value, 2)}×"),  # noqa: RUF001
        "colour_temperature": ("Colour temperature", lambda value: _with_unit(value, "K")),
        "lens_position": ("Lens position", lambda value: _with_unit(value, "dioptres")),
    }
    facts = []
    for name, value in meta.items():
        term, show = named.get(name, (_readable(name), _plain))
        number = isinstance(value, int | float) and not isinstance(value, bool)
        facts.append((term, show(value) if number else _plain(value)))
    return facts


def _exposure(microseconds: float) -> str:
    """As on a camera: 1/125 s, or seconds from a half on."""
    if microseconds <= 0:
        return ""
    seconds = microseconds / 1e6
    if seconds < SHORTEST:  # a fraction would be of no use, and at 1e-320 there is none
        return f"{microseconds:g} µs"
    if seconds >= 0.5:
        return f"{wording.number(seconds, 2)} s"
    return f"1/{round(1 / Fraction(seconds))} s"


def _resolution(image: Mapping[str, Any]) -> str:
    if not (image.get("width") and image.get("height")):
        return ""
    return f"{image['width']} × {image['height']} pixels"  # noqa: RUF001


def _with_unit(value: Any, unit: str) -> str:
    return "" if value is None else f"{wording.number(value)} {unit}".strip()


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def _readable(name: str) -> str:
    return name.replace("_", " ").capitalize()
