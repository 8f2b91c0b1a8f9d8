"""What the hub has in Home Assistant.

Values come from `lookout/hub/events/info` and `lookout/hub/ingest/info` (retained).
"""

from collections.abc import Iterable
from typing import Final

from lookout.contract.topics import Topics
from lookout.homeassistant import templates
from lookout.homeassistant.discovery import Component, title

_SENSORS: Final[dict[str, Component]] = {  # by their name in the hub's info
    "nodes": {"name": "Nodes", "state_class": "measurement"},
    "nodes_online": {"name": "Nodes online", "state_class": "measurement"},
    "images": {
        "name": "Images stored",
        "state_class": "measurement",
        "unit_of_measurement": "pictures",
    },
    "images_per_minute": {
        "name": "Images in a minute",
        "state_class": "measurement",
        "unit_of_measurement": "pictures/min",
        "suggested_display_precision": 1,
    },
    "events_today": {"name": "Events in 24 hours", "state_class": "measurement"},
    "memory_used": {
        "name": "Memory used",
        "state_class": "measurement",
        "device_class": "data_size",
        "unit_of_measurement": "B",
        "suggested_display_precision": 0,
        "entity_category": "diagnostic",
    },
    "memory_share": {
        "name": "Share of memory used",
        "state_class": "measurement",
        "unit_of_measurement": "%",
        "suggested_display_precision": 0,
        "entity_category": "diagnostic",
    },
}


def _pressure(topics: Topics) -> Component:
    """As the first ingest worker sees it; unknown to all while that is away."""
    return {
        "platform": "binary_sensor",
        "name": "Storage pressure",
        "device_class": "problem",
        "entity_category": "diagnostic",
        "state_topic": topics.hub_info("ingest"),
        "value_template": templates.on_off(templates.field("pressure")),
        "availability": [{"topic": topics.hub_status("ingest")}],
    }


def hub_components(topics: Topics, services: Iterable[str]) -> dict[str, Component]:
    """Component id -> component; `services` are the hub's services that were ever there."""
    found: dict[str, Component] = {
        name: {
            "platform": "sensor",
            **component,
            "state_topic": topics.hub_info(),
            "value_template": templates.value(name),
        }
        for name, component in _SENSORS.items()
    }
    found["storage_pressure"] = _pressure(topics)
    for service in sorted(services):
        found[f"service_{service}"] = {
            "platform": "binary_sensor",
            "name": f"{title(service)} service",
            "device_class": "connectivity",
            "entity_category": "diagnostic",
            "state_topic": topics.hub_status(service),
            "payload_on": "online",
            "payload_off": "offline",
            "availability": [],  # each tells of itself
        }
    return found
