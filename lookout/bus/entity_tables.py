"""What Home Assistant is told of a node's buttons, numbers, events and counters."""

from typing import Final

from lookout.bus.homeassistant import Component

LONGEST_INTERVAL = 604_800  # seconds, as the `set` service allows
BURST_PICTURES = 5
EVENTS: Final = (
    "image_captured",
    "capture_failed",
    "motion_started",
    "motion_ended",
    "light_changed",
    "trigger_fired",
    "view_problem",
    "view_ok",
    "image_rejected",
    "spool_dropped",
    "command_failed",
    "settings_rolled_back",
    "sensor_failed",
    "sensor_ok",
    "detector_failed",
    "detector_ok",
    "node_silent",
    "node_error",
    "person_detected",
    "people_changed",
    "clock_skew",
    "clock_ok",
)
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
