"""What Home Assistant takes as device discovery: the rules of 2025.6 to 2026.11 that we rely on.

From its source (components/mqtt/schemas.py, discovery.py and each platform's file) and from runs.
Unknown keys in a component are dropped by it without a word; here they are a problem.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

ROOT: Final = {"device", "origin", "availability", "components"}
DEVICE: Final = {
    "identifiers",
    "name",
    "manufacturer",
    "model",
    "hw_version",
    "sw_version",
    "via_device",
}
COMMON: Final = {
    "platform",
    "unique_id",
    "name",
    "icon",
    "availability",
    "entity_category",
    "enabled_by_default",
}
READS: Final = {"state_topic", "value_template"}
PLATFORMS: Final[dict[str, tuple[set[str], set[str]]]] = {  # needed, allowed besides
    "sensor": (
        READS,
        {
            "device_class",
            "unit_of_measurement",
            "state_class",
            "expire_after",
            "suggested_display_precision",
        },
    ),
    "binary_sensor": (
        {"state_topic"},
        {"value_template", "device_class"} | {"payload_on", "payload_off"},
    ),
    "image": ({"image_topic"}, {"content_type"}),
    "camera": ({"topic"}, set()),
    "event": (READS | {"event_types"}, set()),
    "button": ({"command_topic"}, {"command_template", "device_class"}),
    "number": (
        READS | {"command_topic", "command_template", "min", "max", "step"},
        {"mode", "unit_of_measurement", "device_class"},
    ),
    "select": (READS | {"command_topic", "command_template", "options"}, set()),
    "update": (
        READS | {"latest_version_topic", "latest_version_template"},
        {"device_class"},
    ),
    "switch": (
        READS | {"command_topic", "payload_on", "payload_off", "state_on", "state_off"},
        set(),
    ),
}
UNITS: Final[dict[str, set[str | None]]] = {  # of a device class
    "illuminance": {"lx"},
    "temperature": {"°C", "°F"},
    "humidity": {"%"},
    "atmospheric_pressure": {"hPa"},
    "signal_strength": {"dBm"},
    "duration": {"s"},
    "timestamp": {None},
    "data_size": {"B", "kB"},
}
CLASSES: Final = {
    "sensor": set(UNITS),
    "binary_sensor": {"motion", "problem", "connectivity", "light"},
    "button": {"identify", "restart"},
    "number": {"duration"},
    "update": {"firmware"},
}
_ID = re.compile(r"[a-zA-Z0-9_-]+")
_TOPIC = re.compile(r"[^+#\0]+")
_FILTER = re.compile(r"([^/+#\0]+|\+)(/([^/+#\0]+|\+))*")


def problems(message: bytes) -> list[str]:
    """Everything in a discovery message that Home Assistant would refuse, drop or warn of."""
    tree = json.loads(message)
    tree["components"] = {
        name: each for name, each in tree["components"].items() if each.keys() != {"platform"}
    }  # such a one is taken out
    found = [f"root: {key}" for key in tree.keys() ^ ROOT]
    found += [f"device: {key}" for key in tree["device"].keys() - DEVICE]
    if not tree["device"].get("identifiers") or not tree["origin"].get("name"):
        found.append("device or origin is not named")
    identities = [each.get("unique_id") for each in tree["components"].values()]
    if len(set(identities)) != len(identities):
        found.append("two components have one unique id")
    for name, component in tree["components"].items():
        found += [f"{name}: {problem}" for problem in _of_component(name, component)]
    return found


def _of_component(name: str, component: dict[str, Any]) -> Iterator[str]:
    if not _ID.fullmatch(name):
        yield "not an id"
    platform = component["platform"]
    needed, more = PLATFORMS[platform]
    yield from (f"{key} is missing" for key in (needed | {"unique_id", "name"}) - component.keys())
    yield from (f"{key} is unknown" for key in component.keys() - needed - more - COMMON)
    yield from _of_values(platform, component)
    for key, value in component.items():
        pattern = _FILTER if key == "state_topic" else _TOPIC
        if key.endswith("topic") and not pattern.fullmatch(value):
            yield f"{key} = {value}"


def _of_values(platform: str, component: dict[str, Any]) -> Iterator[str]:
    kind, unit = component.get("device_class"), component.get("unit_of_measurement")
    if kind is not None and kind not in CLASSES.get(platform, set()):
        yield f"device_class {kind}"
    if kind in UNITS and unit not in UNITS[kind]:
        yield f"{kind} in {unit}"
    category = component.get("entity_category", "diagnostic")
    if category not in {"config", "diagnostic"}:
        yield f"entity_category {category}"
    if category == "config" and platform in {"sensor", "binary_sensor"}:
        yield "a sensor is no configuration"
    if component.get("state_class") and kind == "timestamp":
        yield "a time has no state class"
    if platform == "number" and not component["min"] < component["max"]:
        yield "min is not below max"
    if platform == "number" and component["step"] < 0.001:
        yield "step is below 0.001"
