"""What a node has in Home Assistant: from its abilities to the components of its discovery.

Values come from the node's own topics: `info` and `reading` (retained) and `event/+`.
"""

from dataclasses import dataclass

from pydantic import JsonValue

from lookout.bus import templates
from lookout.bus.entity_tables import (
    BURST,
    BURST_PICTURES,
    BUTTONS,
    EVENTS,
    NUMBERS,
    SPOOL,
)
from lookout.bus.homeassistant import Component, title
from lookout.bus.quantities import metric
from lookout.bus.templates import field
from lookout.bus.topics import Topics


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a node can do, as far as Home Assistant is concerned."""

    services: frozenset[str]
    metrics: frozenset[str] = frozenset()
    reading_lasts: int = 300  # seconds after which a reading counts as gone
    motion: bool = False
    regions: tuple[str, ...] = ()  # watched for motion, where it is not the whole picture
    light: bool = False
    light_regions: tuple[str, ...] = ()
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
        found |= self._commands(abilities)
        if abilities.motion:
            found |= self._motion(abilities)
        if abilities.light:
            found |= self._light(abilities.light_regions)
        for lamp in abilities.lamps:
            found[f"lamp_{lamp}"] = self._lamp(lamp)
        return dict(sorted(found.items()))

    def _commands(self, abilities: Abilities) -> dict[str, Component]:
        services, found = abilities.services, {}
        for service in BUTTONS.keys() & services:
            found[service] = self._button(service, BUTTONS[service])
        if "capture" in services:
            found["burst"] = self._button("capture", BURST, count=BURST_PICTURES)
        if "set" in services:
            numbers = NUMBERS.keys() - (set() if abilities.exposure_value else {"exposure_value"})
            found |= {setting: self._number(setting) for setting in numbers}
        if "live" in services:
            found["live"] = self._switch("Live view", "live", {}, "on", field("live_url"))
        return found

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
            for name, component in SPOOL.items()
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

    def _button(self, service: str, component: Component, **arguments: JsonValue) -> Component:
        return {
            "platform": "button",
            **component,
            "command_topic": self._topics.command(self._node, service),
            "command_template": templates.press(**arguments),
        }

    def _number(self, setting: str) -> Component:
        return {
            "platform": "number",
            **NUMBERS[setting],
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

    def _light(self, regions: tuple[str, ...]) -> dict[str, Component]:
        if not regions:
            return {"light": self._lighted("Light", field("lighted"))}
        return {
            f"light_in_{region}": self._lighted(
                f"Light {title(region)}", f"'{region}' in value_json.get('lighted', [])"
            )
            for region in regions
        }

    def _lighted(self, name: str, expression: str) -> Component:
        known = f"{field('lighted')} is not none"
        return {
            "platform": "binary_sensor",
            "name": name,
            "device_class": "light",
            **self._from_info(templates.on_off(expression, known=known)),
        }

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
