"""What Home Assistant is told of a node's buttons, numbers, events and counters."""

from typing import Final

from lookout.contract.events import EVENTS as EVERY_EVENT
from lookout.contract.metrics import metric
from lookout.homeassistant.discovery import Component

LONGEST_INTERVAL = 604_800  # seconds, as the `set` service allows
BURST_PICTURES = 5
EVENTS: Final = tuple(name for name, each in EVERY_EVENT.items() if each.in_home_assistant)
BUTTONS: Final[dict[str, Component]] = {  # by the service that they call
    "capture": {"name": "Capture", "icon": "mdi:camera"},
    "autofocus": {"name": "Focus", "icon": "mdi:image-filter-center-focus"},
    "identify": {"name": "Identify", "device_class": "identify", "entity_category": "diagnostic"},
    "restart": {"name": "Restart", "device_class": "restart", "entity_category": "config"},
}
BURST: Final[Component] = {"name": "Burst", "icon": "mdi:camera-burst"}
NUMBERS: Final[dict[str, Component]] = {  # by the setting that they show and change
    "interval": {
        "name": "Interval",
        "min": 0,
        "max": LONGEST_INTERVAL,
        "step": 0.1,
        "mode": "box",
        "unit_of_measurement": "s",
        "device_class": "duration",
    },
    "quality": {"name": "Quality", "min": 1, "max": 100, "step": 1},
    "exposure_value": {"name": "Exposure value", "min": -8, "max": 8, "step": 0.1},
}
SPOOL: Final[dict[str, Component]] = {  # by their name in the info
    "spool_depth": {"name": "Waiting in the spool", "state_class": "measurement"},
    "spool_dropped": {"name": "Dropped from the spool", "state_class": "total_increasing"},
}


def sensor_of(name: str) -> Component:
    """What a sensor of a metric says besides where its state is."""
    known = metric(name)
    said: Component = {
        "name": known.name,
        "unit_of_measurement": known.unit,
        "device_class": known.device_class,
        "state_class": known.state_class,
        "suggested_display_precision": known.precision,
        "entity_category": "diagnostic" if known.diagnostic else None,
        "enabled_by_default": None if known.enabled else False,
    }
    return {key: value for key, value in said.items() if value is not None}
