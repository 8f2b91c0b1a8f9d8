"""The zones of a node's picture in Home Assistant: what the hub's analytics counts in them.

The node announces its device itself, and knows nothing of zones: this is a second message for the
same device, which Home Assistant joins by its identifier.
"""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from lookout.contract.topics import Topics
from lookout.homeassistant import templates
from lookout.homeassistant.discovery import ORIGIN, Component, device_id, title, unique_id

NONE: Final[Mapping[str, Sequence[str]]] = MappingProxyType({})
ZONES: Final = "Zones_"  # before a node's name in the topic: no node's name has a capital


def zones_of_node(
    topics: Topics,
    node: str,
    zones: Mapping[str, Sequence[str]],
    *,
    status: str,
    gone: Mapping[str, Sequence[str]] = NONE,
) -> bytes:
    """The discovery message, JSON: of each zone and label an occupancy and a count.

    `zones` has the labels that are counted in each, `status` is the topic of who counts. `gone` are
    zones that there were: Home Assistant takes out what is named by its platform alone.
    """
    found = _components(topics, node, zones)
    before = _components(topics, node, gone)
    removed = {key: {"platform": before[key]["platform"]} for key in before.keys() - found.keys()}
    message = {
        "device": {"identifiers": [device_id(node)]},
        "origin": ORIGIN,
        "availability": [{"topic": status}],
        "components": {
            **{key: {**each, "unique_id": unique_id(node, key)} for key, each in found.items()},
            **removed,
        },
    }
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()


def _components(
    topics: Topics, node: str, zones: Mapping[str, Sequence[str]]
) -> dict[str, Component]:
    found: dict[str, Component] = {}
    for zone, labels in zones.items():
        for number, label in enumerate(labels):
            # By number: a label may hold anything, and two may differ by a space only.
            key = f"zone_{zone}_{number}" if number else f"zone_{zone}"
            name = f"{title(zone)} {label}"
            state = {
                "state_topic": topics.detection(node),
                "value_template": _count(zone, label),
            }
            found[f"{key}_count"] = {
                "platform": "sensor",
                "name": f"{name} count",
                "state_class": "measurement",
                **state,
            }
            found[key] = {
                "platform": "binary_sensor",
                "name": name,
                "device_class": "occupancy",
                **state,
                "value_template": templates.on_off(f"{_number(zone, label)} > 0"),
            }
    return found


def _count(zone: str, label: str) -> str:
    return f"{{{{ {_number(zone, label)} }}}}"


def _number(zone: str, label: str) -> str:
    said = f"value_json.get('zones', {{}}).get({json.dumps(zone)}, {{}})"
    return f"{said}.get({json.dumps(label)}, 0)"
