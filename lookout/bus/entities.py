"""What a node has in Home Assistant: from its abilities to the components of its discovery.

Values come from the node's own topics: `info` and `reading` (retained) and `event/+`.
"""

from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from lookout.bus import templates
from lookout.bus.homeassistant import Component, title
from lookout.bus.quantities import metric
from lookout.bus.templates import field
from lookout.bus.topics import Topics

LONGEST_INTERVAL = 604_800  # seconds, as the `set` service allows
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
)
_BUTTONS: Final[dict[str, Component]] = {  # by the service that they call
    "capture": {"name": "Capture", "icon": "mdi:camera"},
    "autofocus": {"name": "Focus", "icon": "mdi:image-filter-center-focus"},
    "identify": {"name": "Identify", "device_class": "identify", "entity_category": "diagnostic"},
    "restart": {"name": "Restart", "device_class": "restart", "entity_category": "config"},
}
_NUMBERS: Final[dict[str, Component]] = {  # by the setting that they show and change
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
_SPOOL: Final[dict[str, Component]] = {  # by their name in the info
    "spool_depth": {"name": "Waiting in the spool", "state_class": "measurement"},
    "spool_dropped": {"name": "Dropped from the spool", "state_class": "total_increasing"},
}


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a node can do, as far as Home Assistant is concerned."""

    services: frozenset[str]
    metrics: frozenset[str] = frozenset()
    reading_lasts: int = 300  # seconds after which a reading counts as gone
    motion: bool = False
    regions: tuple[str, ...] = ()  # that are watched for motion by themselves
    lamps: tuple[str, ...] = ()
    exposure_value: bool = False


class NodeEntities:
    """The components of one node."""

    def __init__(self, topics: Topics, node: str) -> None:
        self._topics = topics
        self._node = node

    def components(self, abilities: Abilities) -> dict[str, Component]:
        """Component id -> component, of what the node really has."""
        found = self._pictures() | self._states() | self._sensors()
        for name in sorted(abilities.metrics):
            found[f"metric_{name}"] = self._metric(name, abilities.reading_lasts)
        for service in _BUTTONS.keys() & abilities.services:
            found[service] = self._button(service)
        if "set" in abilities.services:
            numbers = _NUMBERS.keys() - (set() if abilities.exposure_value else {"exposure_value"})
            found |= {setting: self._number(setting) for setting in numbers}
        if "live" in abilities.services:
            found["live"] = self._switch("Live view", "live", {}, "on", field("live_url"))
        if abilities.motion:
            found |= self._motion(abilities)
        for lamp in abilities.lamps:
            found[f"lamp_{lamp}"] = self._lamp(lamp)
        return dict(sorted(found.items()))

    def _pictures(self) -> dict[str, Component]:
        preview = self._topics.preview(self._node)
        return {
            "picture": {
                "platform": "image",
                "name": "Picture",
                "image_topic": preview,
                "content_type": "image/jpeg",
            },
            "camera": {
                "platform": "camera",
                "name": "Preview",
                "topic": preview,
                "enabled_by_default": False,
            },
            "event": {
                "platform": "event",
                "name": "Event",
                "state_topic": self._topics.events_of(self._node),
                "event_types": list(EVENTS),
                "value_template": templates.event(EVENTS),
            },
        }

    def _states(self) -> dict[str, Component]:
        return {
            "connected": {
                "platform": "binary_sensor",
                "name": "Connected",
                "device_class": "connectivity",
                "entity_category": "diagnostic",
                "state_topic": self._topics.status(self._node),
                "payload_on": "online",
                "payload_off": "offline",
                "availability": [],  # it is there when the node is not, to say so
            },
            "picture_too_old": self._problem("Picture too old", "picture_too_old"),
            "camera_problem": self._problem("Camera problem", "failure"),
        }

    def _problem(self, name: str, name_in_info: str) -> Component:
        return {
            "platform": "binary_sensor",
            "name": name,
            "device_class": "problem",
            "entity_category": "diagnostic",
            **self._from_info(templates.on_off(field(name_in_info))),
        }

    def _sensors(self) -> dict[str, Component]:
        last_capture: Component = {
            "platform": "sensor",
            "name": "Last capture",
            "device_class": "timestamp",
            **self._from_info(templates.moment("last_capture")),
        }
        spool: dict[str, Component] = {
            name: {
                "platform": "sensor",
                **component,
                "unit_of_measurement": "pictures",
                "entity_category": "diagnostic",
                **self._from_info(templates.value(name)),
            }
            for name, component in _SPOOL.items()
        }
        return {"last_capture": last_capture, **spool}

    def _metric(self, name: str, lasts: int) -> Component:
        return {
            "platform": "sensor",
            **metric(name).component(),
            "state_topic": self._topics.reading(self._node),
            "value_template": templates.value(name),
            "expire_after": lasts,
        }

    def _button(self, service: str) -> Component:
        return {
            "platform": "button",
            **_BUTTONS[service],
            "command_topic": self._topics.command(self._node, service),
            "command_template": templates.PRESS,
        }

    def _number(self, setting: str) -> Component:
        return {
            "platform": "number",
            **_NUMBERS[setting],
            "entity_category": "config",
            "command_topic": self._topics.command(self._node, "set"),
            "command_template": templates.argument(setting),
            **self._from_info(templates.value(setting)),
        }

    def _motion(self, abilities: Abilities) -> dict[str, Component]:
        found = {"motion": self._moving("Motion", field("moving"))}
        for region in abilities.regions:
            moves = f"'{region}' in value_json.get('moving', [])"
            found[f"motion_in_{region}"] = self._moving(f"Motion {title(region)}", moves)
        if "set" in abilities.services:
            found["motion_detection"] = self._switch(
                "Motion detection", "set", {}, "motion", field("motion")
            )
        return found

    def _moving(self, name: str, expression: str) -> Component:
        return {
            "platform": "binary_sensor",
            "name": name,
            "device_class": "motion",
            **self._from_info(templates.on_off(expression, known=field("motion"))),
        }

    def _lamp(self, lamp: str) -> Component:
        lit = f"value_json.get('lights', {{}}).get('{lamp}')"
        switch = self._switch(title(lamp), "light", {"name": lamp}, "on", lit)
        del switch["entity_category"]  # not a setting: people switch it
        return {**switch, "icon": "mdi:lightbulb"}

    def _switch(
        self, name: str, service: str, fixed: dict[str, JsonValue], changed: str, state: str
    ) -> Component:
        """A switch that calls a service with `changed` true or false, on while `state` is true."""
        return {
            "platform": "switch",
            "name": name,
            "entity_category": "config",
            "command_topic": self._topics.command(self._node, service),
            "payload_on": templates.payload({**fixed, changed: True}),
            "payload_off": templates.payload({**fixed, changed: False}),
            "state_on": "ON",
            "state_off": "OFF",
            **self._from_info(templates.on_off(state)),
        }

    def _from_info(self, template: str) -> Component:
        return {"state_topic": self._topics.info(self._node), "value_template": template}
